import { beforeEach, describe, expect, it, vi } from 'vitest'
import { native } from '../../../src/native/base/native.js'
import type { RecordCipher } from '../../../src/transports/tls/record-cipher.js'
import { RecordKey } from '../../../src/transports/tls/record-key.js'
import { TlsMemory } from '../../../src/transports/tls/tls-memory.js'
import { nativeMissing, orSkipped } from '../../support/native-missing.js'
import { SECRET, SUITE } from '../../support/tls/record-lab.js'

/** All that the key schedule made. */
const made = vi.hoisted(() => ({
  keys: [] as Uint8Array[],
  ivs: [] as Uint8Array[],
  secrets: [] as Uint8Array[],
}))

vi.mock(import('../../../src/transports/tls/key-schedule.js'), async (original) => {
  const { trafficKey, nextSecret } = await original()
  return {
    trafficKey(...given: Parameters<typeof trafficKey>) {
      const { key, iv } = trafficKey(...given)
      made.keys.push(key)
      made.ivs.push(iv)
      return { key, iv }
    },
    nextSecret(...given: Parameters<typeof nextSecret>) {
      made.secrets.push(given[1], nextSecret(...given))
      return made.secrets.at(-1)!
    },
  }
})

/** Whether nothing of it is left. */
const wiped = (bytes: Uint8Array) => bytes.every((byte) => byte === 0)

describe.skipIf(nativeMissing)(orSkipped('RecordKey', nativeMissing), () => {
  beforeEach(() => {
    for (const list of Object.values(made)) list.length = 0
  })

  it('keeps its key with OpenSSL alone', () => {
    const memory = new TlsMemory(native())
    const key = new RecordKey(memory, SUITE, SECRET)
    expect(made.keys.map(wiped)).toEqual([true])
    expect(wiped(memory.key)).toBe(true)
    key.erase()
  })

  it('wipes the secret before at each KeyUpdate, and never its caller’s', () => {
    const secret = SECRET.slice()
    const key = new RecordKey(new TlsMemory(native()), SUITE, secret)
    key.update()
    key.update()
    const [first, second, secondAgain, third] = made.secrets
    expect(secondAgain).toBe(second)
    expect([first!, second!, third!].map(wiped)).toEqual([true, true, false])
    expect(secret).toEqual(SECRET)
    key.erase()
  })

  it('wipes all that it has when it is erased, and seals and opens no more', () => {
    const memory = new TlsMemory(native())
    const ciphers = vi.spyOn(memory, 'recordCipher')
    const key = new RecordKey(memory, SUITE, SECRET)
    const { value: first } = ciphers.mock.results[0]!
    const freed = vi.spyOn(first as RecordCipher, 'free')
    key.update()
    expect(freed).toHaveBeenCalledOnce()
    const { value: second } = ciphers.mock.results[1]!
    const freedAtLast = vi.spyOn(second as RecordCipher, 'free')
    key.erase()
    key.erase()
    expect(freedAtLast).toHaveBeenCalledOnce()
    expect(freed).toHaveBeenCalledOnce()
    expect(made.secrets.map(wiped)).toEqual([true, true])
    expect(wiped(made.ivs.at(-1)!)).toBe(true)
    const { address } = memory.input
    for (const use of [
      () => key.seal(address, address, 50, address),
      () => key.open(address, 100, address),
    ]) {
      expect(use).toThrow('Cannot use a TLS key: it was erased')
    }
  })

  it('keeps the key before if there is no memory for the next one, and frees it once', () => {
    const memory = new TlsMemory(native())
    const ciphers = vi.spyOn(memory, 'recordCipher')
    const key = new RecordKey(memory, SUITE, SECRET)
    const before = ciphers.mock.results[0]!.value as RecordCipher
    const freed = vi.spyOn(before, 'free').mockImplementation(() => {}) // twice would end this process
    const sealed = vi.spyOn(before, 'seal')
    ciphers.mockImplementationOnce(() => {
      throw new Error('OpenSSL failed')
    })
    expect(() => key.update()).toThrow('OpenSSL failed')
    expect(made.keys.map(wiped)).toEqual([true, true])
    expect(wiped(memory.key)).toBe(true)
    expect(freed).not.toHaveBeenCalled()
    const { address } = memory.input
    key.seal(address, address, 50, address)
    expect(sealed).toHaveReturnedWith(true)
    key.erase()
    key.erase()
    expect(freed).toHaveBeenCalledOnce()
  })
})
