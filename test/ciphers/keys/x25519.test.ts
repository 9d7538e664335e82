import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { agree, dhKeyPairOf, generateDhKeyPair } from '../../../src/ciphers/keys/x25519.js'
import { hex } from '../../support/hex.js'
import { readVectors } from '../../support/vectors.js'

interface X25519Vectors {
  testGroups: {
    tests: { tcId: number; flags: string[]; public: string; private: string; shared: string }[]
  }[]
}

const FILE = 'wycheproof/x25519.json'

it('agrees with itself', () => {
  const [a, b] = [generateDhKeyPair(), generateDhKeyPair()]
  expect(agree(a, b.publicKey)).toEqual(agree(b, a.publicKey))
})

it('knows the public key of a private key: its product with the base point 9', () => {
  const pair = dhKeyPairOf(randomBytes(32))
  const base = Uint8Array.from([9, ...new Uint8Array(31)])
  expect(agree(pair, base)).toEqual(pair.publicKey)
})

it('makes many key pairs while garbage is collected, without standing still', () => {
  const kept: unknown[] = []
  for (let number = 0; number < 3000; number++) {
    const pair = generateDhKeyPair()
    kept[number % 100] = [pair.publicKey, new Array(500).fill(number)]
  }
  expect(kept).toHaveLength(100)
})

it('agrees on nothing with a point of low order', () => {
  expect(agree(generateDhKeyPair(), new Uint8Array(32))).toBeUndefined()
  expect(agree(generateDhKeyPair(), Uint8Array.from([1, ...new Uint8Array(31)]))).toBeUndefined()
})

describe("Wycheproof's X25519", () => {
  const tests = readVectors<X25519Vectors>(FILE).testGroups.flatMap((group) => group.tests)
  const zero = '00'.repeat(32)

  it('agrees on every shared secret of the vectors, and refuses those that are zero', () => {
    expect(tests.length).toBeGreaterThan(500)
    for (const test of tests) {
      const secret = agree(dhKeyPairOf(hex(test.private)), hex(test.public))
      const found = secret ? Buffer.from(secret).toString('hex') : zero
      expect(found, `vector ${test.tcId}`).toBe(test.shared)
    }
  })
})
