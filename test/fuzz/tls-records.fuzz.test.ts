import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nativeMissing, orSkipped } from '../support/native-missing.js'
import { RecordLab } from '../support/tls/record-lab.js'
import { FUZZ_TIMEOUT, rounds, SEED } from './rounds.js'

const ROUNDS = rounds(20_000, 500_000)
const TYPES = fc.constantFrom(1, 20, 21, 22, 23, 24, 255)

describe.skipIf(nativeMissing)(orSkipped('the reader of TLS records', nativeMissing), () => {
  const lab = nativeMissing ? (undefined as never) : new RecordLab()

  it(
    'throws at no bytes of unknown sources, and opens none',
    () => {
      const unknown = fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(300)))
      fc.assert(
        fc.property(unknown, ([isRecord, bytes, cuts]) => {
          const sealed = isRecord ? Uint8Array.of(23, 3, 3, 0, bytes.length, ...bytes) : bytes
          expect(openInPieces(sealed, cuts)).toBe(0)
        }),
        { numRuns: ROUNDS, seed: SEED },
      )
    },
    FUZZ_TIMEOUT,
  )

  it(
    'throws at no content of a remote that knows the key, and says why it ends',
    () => {
      const records = fc.array(fc.tuple(TYPES, fc.uint8Array({ maxLength: 40 }), fc.nat(20)), {
        maxLength: 8,
      })
      fc.assert(
        fc.property(fc.boolean(), records, fc.array(fc.nat(300)), (isClient, contents, cuts) => {
          const key = lab.key()
          const sealed = contents.map(([type, content, padding]) => lab.record(key, type, content, padding))
          key.erase()
          const data = contents.map(([type, content]) => (type === 23 ? content.length : 0))
          const most = data.reduce((sum, length) => sum + length, 0)
          expect(openInPieces(Buffer.concat(sealed), cuts, isClient)).toBeLessThanOrEqual(most)
        }),
        { numRuns: ROUNDS, seed: SEED },
      )
    },
    FUZZ_TIMEOUT,
  )

  it(
    'opens nothing from the byte on that was altered',
    () => {
      const sealed = (() => {
        const key = lab.key()
        return Buffer.concat([1, 2, 3].map((seed) => lab.record(key, 23, new Uint8Array(50).fill(seed))))
      })()
      const place = fc.tuple(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 255 }))
      fc.assert(
        fc.property(place, fc.array(fc.nat(sealed.length)), ([at, flip], cuts) => {
          const altered = Uint8Array.from(sealed)
          altered[at]! ^= flip
          const whole = Math.floor(at / (sealed.length / 3)) * 50
          expect(openInPieces(altered, cuts)).toBe(whole)
        }),
        { numRuns: ROUNDS, seed: SEED },
      )
    },
    FUZZ_TIMEOUT,
  )

  /** How many bytes a new reader opens of these, cut into pieces. */
  function openInPieces(sealed: Uint8Array, cuts: readonly number[], isClient = true): number {
    const key = lab.key()
    const reader = lab.readerOf(key, isClient)
    const ends = [...new Set([...cuts.filter((cut) => cut < sealed.length), sealed.length])]
    let opened = 0
    let from = 0
    for (const end of ends.sort((one, other) => one - other)) {
      opened += lab.open(reader, sealed.subarray(from, end)).length
      from = end
    }
    key.erase()
    return opened
  }
})
