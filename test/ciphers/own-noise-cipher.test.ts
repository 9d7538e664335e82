import { describe, expect, it } from 'vitest'
import { builtins } from '../../src/app/builtins.js'
import { noiseCipher } from '../../src/ciphers/own-noise-cipher.js'
import { PSK_CIPHERS } from '../../src/ciphers/psk.js'
import { partContext } from '../support/ciphers/part-context.js'

const options = PSK_CIPHERS['chacha20-poly1305']

describe('noiseCipher', () => {
  it('makes the cipher of an algorithm when it is asked for one', async () => {
    const part = noiseCipher({ ...options, name: 'mine', summary: undefined })
    expect(part).toMatchObject({ name: 'mine', summary: 'mine with one key shared by two ends' })
    const cipher = await part.create({ ...partContext(), key: 'ab'.repeat(32), peers: [{ id: 'peer' }] })
    expect(cipher.authenticates).toBe(true)
    cipher.close()
  })

  it('has the traits of the built-in ciphers with a shared key', () => {
    const { keys, peers } = builtins.ciphers![options.name]!
    expect(noiseCipher({ ...options, name: 'mine' })).toMatchObject({ keys, peers })
    expect([keys, peers]).toEqual(['shared', 'one'])
  })

  it('says at once what cannot be, and later what does not fit the settings', async () => {
    expect(() => noiseCipher({ ...options, name: 'No Name' })).toThrow('Cannot make a cipher of the name')
    expect(() => noiseCipher({ ...options, hash: 'MD5' as never })).toThrow(
      "its hash 'MD5' is none of BLAKE2s, SHA256",
    )
    await expect(noiseCipher(options).create({ ...partContext(), peers: [] })).rejects.toThrow(
      'it needs a shared key',
    )
  })
})
