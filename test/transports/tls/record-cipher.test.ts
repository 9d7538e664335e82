import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { loadKoffi } from '../../../src/native/base/koffi.js'
import { native } from '../../../src/native/base/native.js'
import { bindAesGcm } from '../../../src/native/crypto/aes-gcm.js'
import {
  EvpRecordCipher,
  GcmRecordCipher,
  type RecordCipher,
} from '../../../src/transports/tls/record-cipher.js'
import { TlsMemory } from '../../../src/transports/tls/tls-memory.js'
import { nativeMissing, orSkipped } from '../../support/native-missing.js'

const fips = vi.hoisted(() => ({ mode: 0 as 0 | 1 }))

vi.mock(import('node:crypto'), async (original) => ({ ...(await original()), getFips: () => fips.mode }))

describe.skipIf(nativeMissing)(orSkipped('the ways to seal records', nativeMissing), () => {
  beforeEach(() => {
    fips.mode = 0
  })

  it.each([128, 256] as const)('seal AES-%i-GCM alike and open what the other one sealed', (bits) => {
    const memory = new TlsMemory(native())
    memory.key.set(randomBytes(32))
    const region = native().arena.reserve(2 * 20_000)
    const [there, here] = [0, 20_000]
    const ways = (): RecordCipher[] => [
      new EvpRecordCipher(memory, `AES-${bits}-GCM`),
      new GcmRecordCipher(memory, bindAesGcm(loadKoffi(), bits)),
    ]
    const [[evp, gcm], openers] = [ways(), ways()]
    for (const length of [1, 2, 16, 17, 65, 1401, 16_385]) {
      const record = randomBytes(5 + length)
      const sealed = [evp!, gcm!].map((cipher) => {
        region.bytes.set(record)
        const header = region.address + there
        expect(cipher.seal(header, header + 5, length, region.address + here + 5)).toBe(true)
        expect(Buffer.from(region.bytes.subarray(0, 5 + length)).equals(record)).toBe(true)
        return Buffer.from(region.bytes.subarray(here + 5, here + 5 + length + 16))
      })
      expect(sealed[1]!.equals(sealed[0]!)).toBe(true)
      for (const cipher of openers) {
        for (const altered of [false, true]) {
          region.bytes.set(record.subarray(0, 5), there)
          region.bytes.set(sealed[0]!, there + 5)
          if (altered) region.bytes[there + 5 + length]! ^= 1
          const from = region.address + there
          expect(cipher.open(from, from + 5, length, region.address + here)).toBe(!altered)
          if (!altered)
            expect(region.bytes.subarray(here, here + length)).toEqual(Uint8Array.from(record.subarray(5)))
        }
      }
    }
    for (const cipher of [evp, gcm, ...openers]) cipher!.free()
    region.release()
  })

  it('are the faster one of AES-GCM, EVP of ChaCha20-Poly1305, and EVP of all in FIPS mode', () => {
    const kinds = (memory: TlsMemory) =>
      ['AES-128-GCM', 'AES-256-GCM', 'CHACHA20-POLY1305'].map((name) => memory.recordCipher(name).constructor)
    expect(kinds(new TlsMemory(native()))).toEqual([GcmRecordCipher, GcmRecordCipher, EvpRecordCipher])
    fips.mode = 1
    expect(kinds(new TlsMemory(native()))).toEqual([EvpRecordCipher, EvpRecordCipher, EvpRecordCipher])
  })
})
