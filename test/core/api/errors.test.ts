import { describe, expect, it } from 'vitest'
import { asError, ConfigError, QanatError } from '../../../src/core/api/errors.js'

describe('QanatError', () => {
  it('bears the name of its kind, a code and a cause', () => {
    const cause = new Error('inner')
    const error = new ConfigError('Cannot do it: no', { code: 'ERR_CONFIG_VALUE', cause })
    expect(error).toBeInstanceOf(QanatError)
    expect(error).toMatchObject({ name: 'ConfigError', code: 'ERR_CONFIG_VALUE', cause })
  })
})

describe('asError', () => {
  it('keeps errors and wraps everything else', () => {
    const error = new TypeError('x')
    expect(asError(error)).toBe(error)
    for (const thrown of ['text', undefined, null, 7, Symbol('s')]) {
      expect(asError(thrown)).toMatchObject({ name: 'Error', message: String(thrown) })
    }
  })
})
