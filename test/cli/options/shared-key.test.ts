import { describe, expect, it } from 'vitest'
import { sharedKey } from '../../../src/cli/options/shared-key.js'

const ENVIRONMENT = { QANAT_KEY: 'ENV' }

describe('sharedKey', () => {
  it('takes the command line before the environment', () => {
    expect(sharedKey({ key: 'OPTION' }, ENVIRONMENT)).toEqual({ key: 'OPTION' })
    expect(sharedKey({}, ENVIRONMENT)).toEqual({ key: 'ENV' })
    expect(sharedKey({}, {})).toEqual({ key: undefined })
  })

  it('takes a file before the environment', () => {
    expect(sharedKey({ keyFile: 'file' }, ENVIRONMENT)).toEqual({ keyFile: 'file' })
  })

  it('refuses two keys, and tells none', () => {
    expect(() => sharedKey({ key: 'SECRET', keyFile: 'file' }, {})).toThrow(
      expect.objectContaining({
        name: 'ConfigError',
        message: 'Cannot use two keys: give either --key or --key-file',
      }),
    )
  })
})
