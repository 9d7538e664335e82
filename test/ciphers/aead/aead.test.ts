import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type AeadName, TAG_BYTES } from '../../../src/ciphers/aead/aead.js'
import { chaChaPolyAead } from '../../../src/ciphers/aead/aead-chacha-poly.js'
import { openSslAead } from '../../../src/ciphers/aead/aead-openssl.js'
import { passesVector } from '../../../src/ciphers/aead/choose-aead.js'
import { AeadMemory } from '../../../src/ciphers/aead/native-aead.js'
import type { Aead } from '../../../src/core/api/aead.js'
import { ARENA_BYTES } from '../../../src/native/base/arena.js'
import { loadKoffi } from '../../../src/native/base/koffi.js'
import { native } from '../../../src/native/base/native.js'
import { bindChaChaPoly } from '../../../src/native/crypto/chacha-poly.js'
import { bindOpenSsl } from '../../../src/native/crypto/openssl.js'
import { aeadWays, arena, memoryKinds } from '../../support/ciphers/aead-factories.js'
import { hex } from '../../support/hex.js'
import { nativeMissing, orSkipped } from '../../support/native-missing.js'
import { readVectors } from '../../support/vectors.js'

/** OpenSSL, with a count of what it keeps of keys. */
function countedOpenSsl() {
  const openSsl = bindOpenSsl(loadKoffi())
  const contexts = new Set<number>()
  return {
    contexts,
    openSsl: {
      ...openSsl,
      newContext() {
        const context = openSsl.newContext()
        contexts.add(context)
        return context
      },
      freeContext(context: number) {
        contexts.delete(context)
        openSsl.freeContext(context)
      },
    },
  }
}

it.skipIf(nativeMissing)(orSkipped('OpenSSL forgets the keys that are erased', nativeMissing), () => {
  const { openSsl, contexts } = countedOpenSsl()
  const way = openSslAead(openSsl, new AeadMemory(native().arena))
  const aeads = [1, 2].map(() => way('aes-256-gcm', randomBytes(32)))
  expect(contexts.size).toBe(2)
  for (const aead of aeads) aead.erase()
  expect(contexts.size).toBe(0)
})

it.skipIf(nativeMissing)(
  orSkipped('ChaCha20 and Poly1305 apart leave keys alone that lie right before a text', nativeMissing),
  () => {
    const memory = native().arena
    const make = chaChaPolyAead(bindChaChaPoly(loadKoffi()), new AeadMemory(memory))
    for (const before of [0, 16, 60, 64]) {
      const [own, other] = [make(new Uint8Array(32).fill(1)), make(new Uint8Array(32).fill(1))]
      const bytes = memory.reserve(1_000_001).bytes // larger than what was released: it lies behind the keys
      for (const aead of [own, other, own]) {
        aead.seal(bytes, before, 100)
        expect(other.open(bytes, before, 100)).toBe(true)
        expect(bytes.every((byte, at) => byte === 0 || at >= before + 100)).toBe(true)
      }
    }
  },
)

interface AeadVectors {
  testGroups: {
    ivSize: number
    keySize: number
    tests: {
      tcId: number
      key: string
      iv: string
      aad: string
      msg: string
      ct: string
      tag: string
      result: 'valid' | 'invalid'
    }[]
  }[]
}

const FILES: Record<AeadName, string> = {
  'aes-256-gcm': 'wycheproof/aes_gcm.json',
  'chacha20-poly1305': 'wycheproof/chacha20_poly1305.json',
}

function setNonce(aead: Aead, nonce: Uint8Array): void {
  for (const [at, byte] of nonce.entries()) aead.nonce.setUint8(at, byte)
}

describe.each(aeadWays)('sealing with $label', ({ way, names, skip }) => {
  describe.skipIf(skip).each(names)('%s', (name) => {
    const nonce = new Uint8Array(12).fill(3)

    it('passes the vector that it is tried against', () => {
      expect(passesVector(way!, name)).toBe(true)
    })

    it.each(memoryKinds)(
      'opens in $label what it sealed there, and touches nothing around it',
      ({ take }) => {
        const aead = way!(name, randomBytes(32))
        for (const length of [0, 1, 15, 16, 17, 1400, 2048, 2049, 65_000]) {
          const text = randomBytes(length)
          const bytes = take(length + TAG_BYTES + 20)
          bytes.fill(0xaa)
          bytes.set(text, 10)
          setNonce(aead, nonce)
          aead.seal(bytes, 10, length)
          if (length > 15) expect(Buffer.from(bytes.subarray(10, 10 + length))).not.toEqual(text)
          setNonce(aead, nonce)
          expect(aead.open(bytes, 10, length)).toBe(true)
          expect(Buffer.from(bytes.subarray(10, 10 + length))).toEqual(text)
          expect([...bytes.subarray(0, 10), ...bytes.subarray(-10)]).toEqual(new Array(20).fill(0xaa))
        }
        aead.erase()
      },
    )

    it.skipIf(nativeMissing)(
      orSkipped('seals and opens what ends where the arena ends', nativeMissing),
      () => {
        const aead = way!(name, randomBytes(32))
        for (const length of [0, 1, 16, 31, 1400]) {
          const bytes = arena!.bytes.subarray(ARENA_BYTES - length - TAG_BYTES, ARENA_BYTES)
          const text = randomBytes(length)
          bytes.set(text)
          setNonce(aead, nonce)
          aead.seal(bytes, 0, length)
          setNonce(aead, nonce)
          expect(aead.open(bytes, 0, length)).toBe(true)
          expect(Buffer.from(bytes.subarray(0, length))).toEqual(text)
          expect(arena!.bytes.subarray(ARENA_BYTES).every((byte) => byte === 0)).toBe(true)
        }
        aead.erase()
      },
    )

    it.each(memoryKinds)('notices a change of any byte in $label and shows no text then', ({ take }) => {
      const aead = way!(name, randomBytes(32))
      const text = new Uint8Array(40).fill(0x55)
      for (let at = 0; at < text.length + TAG_BYTES; at++) {
        const bytes = take(text.length + TAG_BYTES)
        bytes.set(text)
        setNonce(aead, nonce)
        aead.seal(bytes, 0, text.length)
        bytes[at]! ^= 0x80
        setNonce(aead, nonce)
        expect(aead.open(bytes, 0, text.length)).toBe(false)
        expect(bytes.filter((byte) => byte === 0x55).length).toBeLessThan(8)
      }
      aead.erase()
    })

    it('refuses to work beyond the end of the bytes', () => {
      const aead = way!(name, randomBytes(32))
      expect(() => aead.seal(new Uint8Array(20), 0, 5)).toThrow(RangeError)
      expect(() => aead.open(new Uint8Array(20), -1, 4)).toThrow(RangeError)
      expect(() => aead.open(new Uint8Array(15), 0, -1)).toThrow(RangeError)
      aead.erase()
    })

    it('is of no use once it was erased', () => {
      const aead = way!(name, randomBytes(32))
      aead.erase()
      setNonce(aead, nonce)
      expect(() => aead.seal(new Uint8Array(40), 0, 20)).toThrow()
      expect(() => aead.open(new Uint8Array(40), 0, 20)).toThrow()
    })

    it.skipIf(nativeMissing)(
      orSkipped('leaves no copy of an erased key in native memory, and wipes no caller’s', nativeMissing),
      () => {
        const key = randomBytes(32)
        const own = Uint8Array.from(key)
        const aead = way!(name, own)
        aead.seal(arena!.reserve(100).bytes, 0, 84)
        aead.erase()
        const used = arena!.reserve(1_000_003).offset // behind all that was ever reserved
        expect(Buffer.from(arena!.bytes.buffer, 0, used).indexOf(key)).toBe(-1)
        expect(own).toEqual(Uint8Array.from(key))
      },
    )

    it('can be erased more than once', () => {
      const aead = way!(name, randomBytes(32))
      aead.erase()
      expect(() => aead.erase()).not.toThrow()
    })

    const groups = readVectors<AeadVectors>(FILES[name]).testGroups
    // Not applicable: nonces of other lengths than 96 bits, keys of other lengths than 256 bits.
    const applicable = groups.filter(({ ivSize, keySize }) => ivSize === 96 && keySize === 256)
    const vectors = applicable.flatMap(({ tests }) => tests)

    it('passes Wycheproof', () => {
      expect(vectors.length).toBeGreaterThan(60)
      for (const vector of vectors) {
        const aead = way!(name, hex(vector.key))
        const [text, associated] = [hex(vector.msg), hex(vector.aad)]
        const sealed = Buffer.concat([hex(vector.ct), hex(vector.tag)])
        const bytes = Uint8Array.from(sealed)
        setNonce(aead, hex(vector.iv))
        expect(aead.open(bytes, 0, text.length, associated), `vector ${vector.tcId}`).toBe(
          vector.result === 'valid',
        )
        if (vector.result === 'valid') {
          expect(bytes.subarray(0, text.length)).toEqual(text)
          setNonce(aead, hex(vector.iv))
          aead.seal(bytes, 0, text.length, associated)
          expect(Buffer.from(bytes).equals(sealed)).toBe(true)
        }
        aead.erase()
      }
    })
  })
})
