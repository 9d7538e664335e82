import { describe, expect, it } from 'vitest'
import { TAG_BYTES } from '../../../../src/ciphers/aead/aead.js'
import { nodeAead } from '../../../../src/ciphers/aead/aead-node.js'
import { SymmetricState } from '../../../../src/ciphers/noise/handshake/symmetric-state.js'
import { writeNonce } from '../../../../src/ciphers/noise/wire/suite.js'
import { AESGCM_SHA256 } from '../../../support/ciphers/psk-protocols.js'

const ZEROS = new Uint8Array(32)
const TEXT = Uint8Array.of(1, 2, 3)

/** What AES-256-GCM makes of the text as the first message under a key. */
function sealedBy(key: Uint8Array, associated: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(TEXT.length + TAG_BYTES)
  sealed.set(TEXT)
  const aead = nodeAead('aes-256-gcm', key)
  writeNonce(aead.nonce, 0, false)
  aead.seal(sealed, 0, TEXT.length, associated)
  return sealed
}

describe('SymmetricState', () => {
  it('keeps neither its key nor what keys are made of once it is erased', () => {
    const [one, other] = [1, 2].map((secret) => {
      const state = new SymmetricState(AESGCM_SHA256, 'Noise_test')
      state.mixKey(new Uint8Array(32).fill(secret))
      return state
    })
    expect(one!.split()).not.toEqual(other!.split())
    for (const state of [one!, other!]) {
      state.erase()
      const hash = state.handshakeHash
      expect(state.encryptAndHash(TEXT)).toEqual(sealedBy(ZEROS, hash))
    }
    expect(one!.split()).toEqual(other!.split())
  })

  it('leaves a copy of it usable when it is erased, as a handshake that a forged answer failed on', () => {
    const state = new SymmetricState(AESGCM_SHA256, 'Noise_test')
    state.mixKey(new Uint8Array(32).fill(1))
    const copy = state.clone()
    const [keys, sealed] = [state.split(), sealedByCopy(state)]
    state.erase()
    expect(copy.split()).toEqual(keys)
    expect(copy.encryptAndHash(TEXT)).toEqual(sealed)
  })
})

function sealedByCopy(state: SymmetricState): Uint8Array {
  return state.clone().encryptAndHash(TEXT)
}
