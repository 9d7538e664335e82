import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { exitCodeOf } from '../../../src/cli/output/exit-codes.js'
import * as errors from '../../../src/core/api/errors.js'
import { isImpossible } from '../../../src/core/connector/impossible.js'
import { dialError } from '../../../src/transports/net/dial-error.js'

const { asError, ConfigError, QanatError } = errors
const SOURCES = join(import.meta.dirname, '../../../src')

describe('QanatError', () => {
  it('bears the name of its kind, a code and a cause', () => {
    const cause = new Error('inner')
    const error = new ConfigError('Cannot do it: no', { code: 'ERR_CONFIG_VALUE', cause })
    expect(error).toBeInstanceOf(QanatError)
    expect(error).toMatchObject({ name: 'ConfigError', code: 'ERR_CONFIG_VALUE', cause })
  })
})

describe('what knows an error of ours', () => {
  const classes = ['Config', 'Host', 'Plugin', 'Transport', 'Tun'].map((kind) => `${kind}Error` as 'TunError')
  const kinds = [...classes, 'PluginFault' as const]
  const questions = { ...errors }
  const isOf = (kind: (typeof kinds)[number]) => questions[`is${kind}`]

  it.each(kinds)('knows a %s of another copy of this package, and takes it for no other', async (kind) => {
    vi.resetModules()
    const copy: typeof errors = await import('../../../src/core/api/errors.js')
    const facts = { code: 'ERR_TUN_FAILED', plugin: 'it', operation: 'send' } as const
    const thrown = new copy[kind]('Cannot do it: no', facts)
    expect(thrown).not.toBeInstanceOf(QanatError)
    expect(kinds.filter((one) => isOf(one)(thrown))).toEqual([kind])
    expect(errors.isQanatError(thrown)).toBe(true)
  })

  it('knows one that was made without this package', () => {
    const thrown = Object.assign(new Error('Cannot resolve x: no such host'), {
      code: 'ERR_HOST_UNKNOWN',
      [Symbol.for('qanat/error')]: 'TransportError',
    })
    expect([errors.isTransportError(thrown), errors.isQanatError(thrown)]).toEqual([true, true])
    expect(dialError(new URL('udp://x:1'), thrown)).toBe(thrown)
  })

  it('has the code of a foreign error heeded', async () => {
    vi.resetModules()
    const copy: typeof errors = await import('../../../src/core/api/errors.js')
    const thrown = new copy.ConfigError('Cannot use it: no', { code: 'ERR_CONFIG_VALUE' })
    expect([isImpossible(thrown), exitCodeOf(thrown)]).toEqual([true, 2])
  })

  it.each([
    ['an error of the system', Object.assign(new Error('x'), { code: 'ECONNRESET' })],
    ['an error without a code', Object.assign(new Error('x'), { [Symbol.for('qanat/error')]: 'TunError' })],
    ['no error', 'ERR_TUN_FAILED'],
    ['nothing', undefined],
  ])('knows %s as none of ours', (_what, thrown) => {
    expect(kinds.filter((kind) => isOf(kind)(thrown))).toEqual([])
    expect(errors.isQanatError(thrown)).toBe(false)
  })

  it('is asked everywhere in place of instanceof', () => {
    const asked = new RegExp(`instanceof (QanatError|${kinds.join('|')})`)
    const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /\.ts$/.test(file),
    )
    expect(files.filter((file) => asked.test(readFileSync(join(SOURCES, file), 'utf8')))).toEqual([])
  })
})

describe('asError', () => {
  it('keeps errors and wraps everything else', () => {
    const error = new TypeError('x')
    expect(asError(error)).toBe(error)
    const bare = { code: 'ERR_TUN_FAILED', message: 'x', [Symbol.for('qanat/error')]: 'TunError' }
    expect(asError(bare)).toBe(bare)
    for (const thrown of ['text', undefined, null, 7, Symbol('s')]) {
      expect(asError(thrown)).toMatchObject({ name: 'Error', message: String(thrown) })
    }
  })
})
