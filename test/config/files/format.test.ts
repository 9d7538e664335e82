import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { validate } from '../../../src/config/check/validate.js'
import { parseText, writeText } from '../../../src/config/files/format.js'
import { anyModel, anyWgQuickModel } from './models.js'

/** The model of a text, each value checked by itself. */
function read(format: 'toml' | 'wg-quick', text: string): unknown {
  const { schema, raw, dialect, lineOf, problems } = parseText(format, 'file', text)
  expect(problems).toEqual([])
  return validate(schema, raw, dialect, lineOf)
}

describe('a file that is written and read again', () => {
  it('says the same in TOML, whatever it says', () => {
    fc.assert(
      fc.property(anyModel, (model) => {
        const { text, remarks } = writeText('toml', model)
        expect(remarks).toEqual([])
        expect(read('toml', text)).toEqual(model)
      }),
    )
  })

  it("says the same in wg-quick's format, whatever that can say", () => {
    fc.assert(
      fc.property(anyWgQuickModel, ({ interface: own, ...rest }) => {
        const model = { interface: { cipher: 'wireguard', ...own }, ...rest }
        const { text } = writeText('wg-quick', model)
        // A file without a private key is WireGuard's all the same.
        const said = own.privateKey === undefined ? { cipher: 'wireguard', ...own } : own
        expect(read('wg-quick', text)).toEqual({ interface: said, ...rest })
      }),
    )
  })

  it("says the same in TOML after wg-quick's format, but for what that alone has", () => {
    fc.assert(
      fc.property(anyWgQuickModel, (model) => {
        const { saveConfig, ...own } = model.interface
        const { text, remarks } = writeText('toml', model)
        expect(remarks).toHaveLength(saveConfig === undefined ? 0 : 1)
        expect(read('toml', text)).toEqual({ ...model, interface: own })
      }),
    )
  })
})
