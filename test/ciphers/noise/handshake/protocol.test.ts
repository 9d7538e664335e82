import { expect, it } from 'vitest'
import { HandshakeState, NN_PSK0 } from '../../../../src/ciphers/noise/handshake/handshake-state.js'
import { sessionKeys } from '../../../../src/ciphers/noise/handshake/protocol.js'
import { AESGCM_SHA256 } from '../../../support/ciphers/psk-protocols.js'

const EMPTY = new Uint8Array(0)

function handshake(initiator: boolean, psk: number): HandshakeState {
  const common = { suite: AESGCM_SHA256, pattern: NN_PSK0, prologue: EMPTY }
  return new HandshakeState({ ...common, initiator, psk: new Uint8Array(32).fill(psk) })
}

it('sessionKeys gives each end its keys, and erases the handshake that they were made of', () => {
  const [initiator, responder] = [handshake(true, 7), handshake(false, 7)]
  responder.read(initiator.write(EMPTY)!)
  initiator.read(responder.write(EMPTY)!)
  const [ofInitiator, ofResponder] = initiator.split()
  expect(sessionKeys(initiator, true)).toEqual({ send: ofInitiator, receive: ofResponder })
  expect(sessionKeys(responder, false)).toEqual({ send: ofResponder, receive: ofInitiator })
  const other = handshake(true, 8)
  other.erase()
  for (const erased of [initiator, responder]) expect(erased.split()).toEqual(other.split())
})
