import { describe, expect, it, vi } from 'vitest'
import { TAG_BYTES } from '../../../../src/ciphers/aead/aead.js'
import { dhKeyPairOf, generateDhKeyPair } from '../../../../src/ciphers/keys/x25519.js'
import {
  type HandshakeOptions,
  HandshakeState,
  IK_PSK2,
  NN_PSK0,
} from '../../../../src/ciphers/noise/handshake/handshake-state.js'
import { CHACHAPOLY_BLAKE2S, writeNonce } from '../../../../src/ciphers/noise/wire/suite.js'
import { AESGCM_SHA256 } from '../../../support/ciphers/psk-protocols.js'
import { hex } from '../../../support/hex.js'
import { readVectors } from '../../../support/vectors.js'

/** All that keys agreed on. */
const agreed = vi.hoisted(() => [] as Uint8Array[])

vi.mock(import('../../../../src/ciphers/keys/x25519.js'), async (original) => {
  const real = await original()
  return {
    ...real,
    agree(...given: Parameters<typeof real.agree>) {
      const secret = real.agree(...given)
      if (secret !== undefined) agreed.push(secret)
      return secret
    },
  }
})

interface NoiseVector {
  protocol_name: string
  init_prologue: string
  init_psks: string[]
  init_static?: string
  init_ephemeral: string
  init_remote_static?: string
  resp_prologue: string
  resp_psks: string[]
  resp_static?: string
  resp_ephemeral: string
  handshake_hash: string
  messages: { payload: string; ciphertext: string }[]
}

const FILE = 'noise/cacophony.json'
const { vectors } = readVectors<{ vectors: NoiseVector[] }>(FILE)

function ends(vector: NoiseVector): [HandshakeState, HandshakeState, HandshakeOptions] {
  const suite = vector.protocol_name.includes('AESGCM') ? AESGCM_SHA256 : CHACHAPOLY_BLAKE2S
  const pattern = vector.protocol_name.includes('IKpsk2') ? IK_PSK2 : NN_PSK0
  const initiator = {
    suite,
    pattern,
    prologue: hex(vector.init_prologue),
    initiator: true,
    psk: hex(vector.init_psks[0]!),
    ephemeral: dhKeyPairOf(hex(vector.init_ephemeral)),
    ...(vector.init_static && { static: dhKeyPairOf(hex(vector.init_static)) }),
    ...(vector.init_remote_static && { remoteStatic: hex(vector.init_remote_static) }),
  }
  const responder = {
    suite,
    pattern,
    prologue: hex(vector.resp_prologue),
    initiator: false,
    psk: hex(vector.resp_psks[0]!),
    ephemeral: dhKeyPairOf(hex(vector.resp_ephemeral)),
    ...(vector.resp_static && { static: dhKeyPairOf(hex(vector.resp_static)) }),
  }
  return [new HandshakeState(initiator), new HandshakeState(responder), initiator]
}

describe('the vectors of cacophony', () => {
  it.each(vectors)('are met by $protocol_name', (vector) => {
    const [initiator, responder, { suite }] = ends(vector)
    const [first, second, ...transport] = vector.messages
    expect(initiator.write(hex(first!.payload))).toEqual(Buffer.from(first!.ciphertext, 'hex'))
    expect(responder.read(hex(first!.ciphertext))).toEqual(hex(first!.payload))
    expect(responder.write(hex(second!.payload))).toEqual(Buffer.from(second!.ciphertext, 'hex'))
    expect(initiator.read(hex(second!.ciphertext))).toEqual(hex(second!.payload))
    expect(Buffer.from(initiator.handshakeHash).toString('hex')).toBe(vector.handshake_hash)
    expect(initiator.split()).toEqual(responder.split())

    const keys = initiator.split().map((key) => suite.aead.withKey(key))
    for (const [number, { payload, ciphertext }] of transport.entries()) {
      const text = hex(payload)
      const bytes = new Uint8Array(text.length + TAG_BYTES)
      bytes.set(text)
      const aead = keys[number % 2]!
      writeNonce(aead.nonce, Math.floor(number / 2), !suite.aead.bigEndianCounter)
      aead.seal(bytes, 0, text.length)
      expect(Buffer.from(bytes).toString('hex')).toBe(ciphertext)
    }
  })
})

describe('a handshake', () => {
  const responderKeys = generateDhKeyPair()
  const options = { suite: CHACHAPOLY_BLAKE2S, pattern: IK_PSK2, prologue: Buffer.from('test') }
  const start = (psk: Uint8Array) => {
    const initiator = new HandshakeState({
      ...options,
      initiator: true,
      static: generateDhKeyPair(),
      remoteStatic: responderKeys.publicKey,
      psk,
    })
    return { initiator, message: initiator.write(Uint8Array.of(1, 2, 3))! }
  }
  const answerer = (psk: Uint8Array) =>
    new HandshakeState({ ...options, initiator: false, static: responderKeys, psk })

  it('fails to read a message with any byte changed', () => {
    const { message } = start(new Uint8Array(32))
    for (let at = 0; at < message.length; at++) {
      const altered = Uint8Array.from(message)
      altered[at]! ^= 4
      expect(answerer(new Uint8Array(32)).read(altered)).toBeTypeOf('string')
    }
  })

  it('fails to read a truncated message', () => {
    const { message } = start(new Uint8Array(32))
    for (let length = 0; length < message.length; length++) {
      expect(answerer(new Uint8Array(32)).read(message.subarray(0, length))).toBeTypeOf('string')
    }
  })

  it('tells a point of low order', () => {
    const { message } = start(new Uint8Array(32))
    expect(answerer(new Uint8Array(32)).read(message.fill(0, 0, 32))).toBe('lowOrder')
  })

  it('wipes all that keys agree on once it is mixed in', () => {
    agreed.length = 0
    const { initiator, message } = start(new Uint8Array(32))
    const responder = answerer(new Uint8Array(32))
    responder.read(message)
    initiator.read(responder.write(new Uint8Array(0))!)
    expect(agreed).toHaveLength(8)
    expect(agreed.flatMap((secret) => [...secret]).every((byte) => byte === 0)).toBe(true)
  })

  it('fails where the shared keys differ', () => {
    const { initiator, message } = start(new Uint8Array(32))
    const responder = answerer(new Uint8Array(32).fill(1))
    expect(responder.read(message)).toEqual(Uint8Array.of(1, 2, 3))
    expect(initiator.read(responder.write(new Uint8Array(0))!)).toBe('authFailed')
  })

  it('survives a forged answer that only its clone has read', () => {
    const { initiator, message } = start(new Uint8Array(32))
    const responder = answerer(new Uint8Array(32))
    responder.read(message)
    const answer = responder.write(new Uint8Array(0))!
    const forged = Uint8Array.from(answer)
    forged[40]! ^= 1
    const spoilt = initiator.clone()
    expect(spoilt.read(forged)).toBe('authFailed')
    spoilt.erase()
    const copy = initiator.clone()
    expect(copy.read(answer)).toEqual(new Uint8Array(0))
    expect(copy.split()).toEqual(responder.split())
  })
})
