import { describe, expect, it } from 'vitest'
import { BLAKE2S, hkdf, SHA256 } from '../../../../src/ciphers/noise/wire/hash.js'
import { hex } from '../../../support/hex.js'
import { readVectors } from '../../../support/vectors.js'

interface HkdfVectors {
  testGroups: {
    tests: { tcId: number; ikm: string; salt: string; info: string; size: number; okm: string }[]
  }[]
}

const FILE = 'wycheproof/hkdf_sha256.json'

it('hashes the parts of a message as one', () => {
  const whole = BLAKE2S.hash(Buffer.from('abc'))
  expect(BLAKE2S.hash(Buffer.from('a'), Buffer.from('bc'))).toEqual(whole)
  // RFC 7693, appendix B
  expect(Buffer.from(whole).toString('hex')).toBe(
    '508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982',
  )
})

describe("Wycheproof's HKDF-SHA256", () => {
  const tests = readVectors<HkdfVectors>(FILE).testGroups.flatMap((group) => group.tests)
  // Noise's HKDF has no info and one to three outputs of 32 bytes; other vectors do not apply.
  const applicable = tests.filter(({ info, size }) => info === '' && size <= 96)

  it('has vectors that apply', () => {
    expect(applicable.length).toBeGreaterThan(5)
  })

  it.each(applicable)('derives the keys of vector $tcId', ({ ikm, salt, size, okm }) => {
    const made = Buffer.concat(hkdf(SHA256, hex(salt), hex(ikm), 3)).subarray(0, size)
    expect(made.toString('hex')).toBe(okm)
  })
})
