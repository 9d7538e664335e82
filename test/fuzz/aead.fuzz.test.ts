import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { TAG_BYTES } from '../../src/ciphers/aead/aead.js'
import { nodeAead } from '../../src/ciphers/aead/aead-node.js'
import { aeadWays, memoryKinds } from '../support/ciphers/aead-factories.js'
import { pseudoRandom } from '../support/netsim/simulation.js'
import { FUZZ_TIMEOUT, rounds, SEED } from './rounds.js'

const ROUNDS = rounds(1_000, 100_000)
/** Bytes around each text that must stay as they are: more than any block of the algorithms. */
const GUARD = 80
/** Bytes of the longest text in the arena, beyond what a number of 16 bits tells; elsewhere there is a limit. */
const LONGEST = { 'the arena': 200_000, 'memory of its own': 65_535 } as const
const MOST_ASSOCIATED = 1024

const native = aeadWays.filter(({ label }) => label !== 'node:crypto')

describe.each(native)('sealing with $label', ({ way, names, skip }) => {
  describe.skipIf(skip).each(names)('%s', (name) => {
    it.each(memoryKinds)(
      'comes to what node:crypto makes of any text, in $label at any place and from any to another, and touches nothing around it',
      ({ label, take }) => {
        const random = pseudoRandom(SEED)
        const below = (limit: number) => Math.floor(random() * limit)
        const memory = take(2 * (LONGEST[label] + TAG_BYTES + 64 + 2 * GUARD))
        for (let round = 0; round < ROUNDS; round++) {
          const length = below(round % 50 === 0 ? LONGEST[label] + 1 : round % 2 === 0 ? 2000 : 70)
          const associated =
            random() < 0.3 ? undefined : randomBytes(below(random() < 0.5 ? 40 : MOST_ASSOCIATED + 1))
          const shift = below(64)
          const around = memory.subarray(shift, shift + 2 * GUARD + length + TAG_BYTES)
          const before = randomBytes(around.length)
          around.set(before)
          const key = randomBytes(32)
          const nonce = randomBytes(12)
          const [aead, reference] = [way!(name, key), nodeAead(name, key)]
          const useNonce = () => {
            for (const [at, byte] of nonce.entries()) {
              aead.nonce.setUint8(at, byte)
              reference.nonce.setUint8(at, byte)
            }
          }
          const same = (expected: Uint8Array) =>
            expect(Buffer.compare(around, expected), `seed ${SEED}, ${length} bytes`).toBe(0)

          const sealed = Buffer.from(before)
          useNonce()
          reference.seal(sealed, GUARD, length, associated)
          aead.seal(around, GUARD, length, associated)
          same(sealed)

          if (associated === undefined) {
            const apart = memory.subarray(around.length + shift, 2 * around.length + shift)
            apart.set(before)
            around.set(before)
            useNonce()
            const to = around.length + shift + GUARD
            aead.sealInto!(memory, shift + GUARD, length, to)
            expect(Buffer.compare(apart, sealed), `seed ${SEED}, ${length} bytes`).toBe(0)
            same(before)
            around.set(sealed)
            apart.set(before)
            useNonce()
            expect(aead.openInto!(memory, shift + GUARD, length, to), `seed ${SEED}`).toBe(true)
            expect(Buffer.compare(apart, before), `seed ${SEED}, ${length} bytes`).toBe(0)
            around.set(sealed)
            apart.fill(0)
            around[GUARD + below(length + TAG_BYTES)]! ^= 1 << below(8)
            useNonce()
            expect(aead.openInto!(memory, shift + GUARD, length, to), `seed ${SEED}`).toBe(false)
            expect(apart.every((byte) => byte === 0)).toBe(true)
            around.set(sealed)
          }

          const flipped = GUARD + below(length + TAG_BYTES)
          around[flipped]! ^= 1 << below(8)
          useNonce()
          expect(aead.open(around, GUARD, length, associated), `seed ${SEED}`).toBe(false)
          expect(Buffer.compare(around.subarray(0, GUARD), sealed.subarray(0, GUARD))).toBe(0)
          expect(Buffer.compare(around.subarray(-GUARD), sealed.subarray(-GUARD))).toBe(0)

          around.set(sealed)
          useNonce()
          expect(aead.open(around, GUARD, length, associated), `seed ${SEED}`).toBe(true)
          before.copy(sealed, GUARD, GUARD, GUARD + length) // the tag is left
          same(sealed)
          aead.erase()
          reference.erase()
        }
      },
      FUZZ_TIMEOUT,
    )
  })
})
