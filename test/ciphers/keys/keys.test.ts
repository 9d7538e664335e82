import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import {
  generatePrivateKey,
  generateSharedKey,
  parseBase64Key,
  parseSharedKey,
  publicKeyOf,
} from '../../../src/ciphers/keys/keys.js'
import { ConfigError } from '../../../src/core/api/errors.js'

it('makes private keys as wg does, each another one', () => {
  const key = parseBase64Key(generatePrivateKey(), 'private key')
  expect(key[0]! & 7).toBe(0)
  expect(key[31]! & 0xc0).toBe(0x40)
  expect(generatePrivateKey()).not.toBe(generatePrivateKey())
})

it('knows the public key of a private key', () => {
  const made = generatePrivateKey()
  expect(publicKeyOf(made)).toMatch(/^[A-Za-z0-9+/]{43}=$/)
  expect(publicKeyOf(made)).toBe(publicKeyOf(made))
})

it('reads a shared key in hexadecimal digits and in base64', () => {
  const key = randomBytes(32)
  expect(Buffer.from(parseSharedKey(key.toString('hex')))).toEqual(key)
  expect(Buffer.from(parseSharedKey(key.toString('base64')))).toEqual(key)
  expect(parseSharedKey(generateSharedKey())).toHaveLength(32)
})

it.each(['', 'secret', 'ab'.repeat(31), 'ab'.repeat(33), `${'A'.repeat(42)}B=`, 'A'.repeat(44)])(
  'refuses %j as a key, says what a key is, and does not show it',
  (text) => {
    for (const read of [() => parseSharedKey(text), () => parseBase64Key(text, 'private key')]) {
      expect(read).toThrow(ConfigError)
      try {
        read()
      } catch (error) {
        expect((error as Error).message).toMatch(/^Cannot read (shared|private) key: .*32 bytes/)
        if (text.length > 3) expect((error as Error).message).not.toContain(text)
      }
    }
  },
)

it('advises those whose shared key is too short', () => {
  expect(() => parseSharedKey('swordfish')).toThrow(/qanat genpsk.*--cipher xor/)
})
