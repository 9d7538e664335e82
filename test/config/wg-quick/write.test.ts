import { expect, it } from 'vitest'
import { BUILT_IN_TRAITS } from '../../../src/app/builtins.js'
import { publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import { modelOf } from '../../../src/config/check/parsed.js'
import { readWgQuick } from '../../../src/config/wg-quick/read.js'
import { writeWgQuick } from '../../../src/config/wg-quick/write.js'
import { A, B, OWN } from '../../support/keys.js'

const NAMES = { table: () => undefined, port: () => undefined }
const START = `[Interface]\nPrivateKey = ${OWN.privateKey}\nAddress = 10.0.0.1/24\n`

it("gives each name server with a name in its certificate a line, since it begins wg-quick's comment", () => {
  const text = `${START}DNS = 1.1.1.1#one.one.one.one, 9.9.9.9\n`
  const { model } = modelOf('file', readWgQuick(text, NAMES), publicKeyOf, BUILT_IN_TRAITS)
  const written = writeWgQuick(model)!
  expect(written.text).toBe(`${START}DNS = 1.1.1.1#one.one.one.one\nDNS = 9.9.9.9\n`)
  expect(written.remarks).toEqual(["'dns' in [interface] is kept, and only Qanat understands it"])
  expect(modelOf('file', readWgQuick(written.text, NAMES), publicKeyOf, BUILT_IN_TRAITS).model).toEqual(model)
})

it('says so if a name is lost, since it looks like a comment', () => {
  const { model } = modelOf('file', readWgQuick(START, NAMES), publicKeyOf, BUILT_IN_TRAITS)
  const dns = ['1.1.1.1#ours']
  const written = writeWgQuick({ ...model, interface: { ...model.interface, dns } })!
  expect(written.text).toContain('DNS = 1.1.1.1\n')
  expect(written.remarks).toEqual([
    "'dns' in [interface] is kept but for names without a dot behind '#': wg-quick files do not have it",
  ])
})

it('says that a group is lost, whose members would own the same', () => {
  const { model } = modelOf('file', readWgQuick(START, NAMES), publicKeyOf, BUILT_IN_TRAITS)
  const peers = [A, B].map(({ publicKey }) => ({ publicKey, group: 'office', choose: 'spread' as const }))
  expect(writeWgQuick({ ...model, peers })!.remarks).toEqual(
    [1, 2].flatMap((number) =>
      ['group', 'choose'].map(
        (key) => `'${key}' in [[peer]] ${number} is lost: wg-quick files do not have it`,
      ),
    ),
  )
})
