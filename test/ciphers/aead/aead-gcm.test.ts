import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { TAG_BYTES } from '../../../src/ciphers/aead/aead.js'
import { gcmAead } from '../../../src/ciphers/aead/aead-gcm.js'
import { AeadMemory } from '../../../src/ciphers/aead/native-aead.js'
import { loadKoffi } from '../../../src/native/base/koffi.js'
import { native } from '../../../src/native/base/native.js'
import { type AesGcm, bindAesGcm } from '../../../src/native/crypto/aes-gcm.js'
import { nativeMissing, orSkipped } from '../../support/native-missing.js'

const fips = vi.hoisted(() => ({ mode: 0 as 0 | 1 }))

vi.mock(import('node:crypto'), async (original) => ({ ...(await original()), getFips: () => fips.mode }))

/** The functions, with the names of those that were called. */
function watched(): { gcm: AesGcm; calls: string[] } {
  const calls: string[] = []
  const gcm = bindAesGcm(loadKoffi(), 256)
  const watch = ([name, work]: [string, (...given: never[]) => unknown]) => [
    name,
    (...given: never[]) => {
      calls.push(name)
      return work(...given)
    },
  ]
  return { gcm: Object.fromEntries(Object.entries(gcm).map((entry) => watch(entry as never))), calls }
}

describe.skipIf(nativeMissing)(orSkipped('AES-GCM past EVP', nativeMissing), () => {
  beforeEach(() => {
    fips.mode = 0
  })

  it('takes two calls for a text, and a third only if the key turns from sealing to opening', () => {
    const { gcm, calls } = watched()
    const aead = gcmAead(gcm, new AeadMemory(native().arena))(randomBytes(32))
    const bytes = native().arena.reserve(100 + TAG_BYTES).bytes
    calls.length = 0
    aead.seal(bytes, 0, 100)
    expect(aead.open(bytes, 0, 100)).toBe(true)
    expect(aead.open(bytes, 0, 100)).toBe(false)
    expect(calls).toEqual(['setIv', 'oneShot', 'setDirection', 'setIv', 'oneShot', 'setIv', 'oneShot'])
    aead.erase()
  })

  it('forgets the keys that are erased', () => {
    const { gcm, calls } = watched()
    const aead = gcmAead(gcm, new AeadMemory(native().arena))(randomBytes(32))
    expect(calls).toEqual(['newContext'])
    aead.erase()
    aead.erase()
    expect(calls).toEqual(['newContext', 'freeContext'])
  })

  it('seals nothing under no key: a failure of OpenSSL is no success', () => {
    const gcm: AesGcm = { ...bindAesGcm(loadKoffi(), 256), oneShot: () => 0 }
    const aead = gcmAead(gcm, new AeadMemory(native().arena))(randomBytes(32))
    const bytes = new Uint8Array(40)
    expect(() => aead.seal(bytes, 0, 20)).toThrow('Cannot seal: OpenSSL failed')
    expect(aead.open(bytes, 0, 20)).toBe(false)
    aead.erase()
  })

  it('is refused if OpenSSL has another structure than the one that is known', () => {
    const koffi = loadKoffi()
    const other = new Proxy(koffi, {
      get: (target, name, receiver) =>
        name === 'address'
          ? (value: unknown) => koffi.address(value) + 16n
          : Reflect.get(target, name, receiver),
    })
    expect(() => bindAesGcm(other, 256)).toThrow('its structure is another one')
  })

  it('is refused in FIPS mode, in which the choice is EVP’s', () => {
    fips.mode = 1
    expect(() => bindAesGcm(loadKoffi(), 256)).toThrow('FIPS mode leaves the choice to EVP')
  })
})
