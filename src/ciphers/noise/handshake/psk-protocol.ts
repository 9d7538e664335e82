import type { CipherPeer, PeerId } from '../../../core/api/cipher.js'
import { ConfigError } from '../../../core/api/errors.js'
import { X25519_BYTES } from '../../keys/x25519.js'
import type { DropCause } from '../wire/drops.js'
import { INITIATION_BODY_AT, RESPONSE_BODY_AT, readIndex, SENDER_AT } from '../wire/messages.js'
import type { Suite } from '../wire/suite.js'
import { END_ID_BYTES, type EndIds } from './end-ids.js'
import { HandshakeState, NN_PSK0 } from './handshake-state.js'
import { MACS_BYTES, type MacKeys, macKeysOf } from './macs.js'
import {
  type Answer,
  assemble,
  type Exchange,
  erased,
  type MessageLimits,
  type Protocol,
  type Question,
  type Remote,
  type SessionKeys,
  sessionKeys,
} from './protocol.js'
import { TIMESTAMP_BYTES } from './tai64n.js'

const PROLOGUE = Buffer.from('qanat-psk-v1')

/** Bytes of an initiation and of a response beside their tag: indices, the ephemeral key, what is sealed, and macs. */
const INITIATION_BARE = INITIATION_BODY_AT + X25519_BYTES + TIMESTAMP_BYTES + END_ID_BYTES + MACS_BYTES
const RESPONSE_BARE = RESPONSE_BODY_AT + X25519_BYTES + END_ID_BYTES + MACS_BYTES

/** What tells one cipher with a shared key from another. */
export interface PskVariant {
  readonly suite: Suite
  readonly limits: MessageLimits
}

/** A handshake between exactly two ends that share one key: Noise_NNpsk0, with the layouts of Qanat. */
export class PskProtocol implements Protocol {
  readonly suite: Suite
  readonly ready = true
  readonly limits: MessageLimits
  readonly padding = 1
  readonly initiationLength: number
  readonly responseLength: number
  readonly macs: MacKeys
  readonly #key: Uint8Array
  readonly #ends: EndIds
  readonly #peer: PeerId

  /** @param peer the id of the one peer. */
  constructor({ suite, limits }: PskVariant, key: Uint8Array, ends: EndIds, peer: PeerId) {
    this.suite = suite
    this.limits = limits
    this.initiationLength = INITIATION_BARE + suite.aead.tagBytes
    this.responseLength = RESPONSE_BARE + suite.aead.tagBytes
    this.macs = macKeysOf(key)
    this.#key = key
    this.#ends = ends
    this.#peer = peer
  }

  remote({ id }: CipherPeer): Remote {
    if (id !== this.#peer) {
      throw new ConfigError(
        `Cannot use peer ${id}: two ends share the key, and there is ${this.#peer} already`,
        {
          code: 'ERR_CONFIG_VALUE',
        },
      )
    }
    return new PskRemote(id, this.suite, this.macs, this.#key, this.#ends)
  }

  read(initiation: Uint8Array): Question | DropCause {
    const handshake = newHandshake(this.suite, this.#key, false)
    const payload = handshake.read(initiation.subarray(INITIATION_BODY_AT, -MACS_BYTES))
    if (typeof payload === 'string') return erased(handshake, payload)
    const timestamp = payload.subarray(0, TIMESTAMP_BYTES)
    const endId = payload.subarray(TIMESTAMP_BYTES)
    if (this.#ends.isOwn(endId)) return erased(handshake, 'reflected')
    return { peer: this.#peer, timestamp, endId, sender: readIndex(initiation, SENDER_AT), handshake }
  }

  erase(): void {
    this.#key.fill(0)
    this.macs.mac1.fill(0)
    this.macs.cookie.fill(0)
  }
}

class PskRemote implements Remote {
  readonly id: string
  readonly macs: MacKeys
  readonly #suite: Suite
  readonly #key: Uint8Array
  readonly #ends: EndIds

  constructor(id: string, suite: Suite, macs: MacKeys, key: Uint8Array, ends: EndIds) {
    this.id = id
    this.macs = macs
    this.#suite = suite
    this.#key = key
    this.#ends = ends
  }

  get winsTieBreak(): boolean {
    return this.#ends.farWinsTieBreak
  }

  start(sender: number, timestamp: Uint8Array): Exchange | undefined {
    const handshake = newHandshake(this.#suite, this.#key, true)
    const body = handshake.write(Buffer.concat([timestamp, this.#ends.own]))
    if (body === undefined) return erased(handshake, undefined)
    return {
      initiation: assemble('initiation', [sender], body),
      finish: (response) => this.#finish(handshake, response),
      erase: () => handshake.erase(),
    }
  }

  answer({ handshake, sender: receiver, endId }: Question, sender: number): Answer | undefined {
    const body = handshake.write(this.#ends.own)
    if (body === undefined) return undefined
    this.#ends.met(endId)
    return { response: assemble('response', [sender, receiver], body), keys: sessionKeys(handshake, false) }
  }

  erase(): void {}

  #finish(started: HandshakeState, response: Uint8Array): SessionKeys | DropCause {
    const handshake = started.clone()
    const endId = handshake.read(response.subarray(RESPONSE_BODY_AT, -MACS_BYTES))
    const failure = typeof endId === 'string' ? endId : this.#ends.isOwn(endId) ? 'reflected' : undefined
    if (failure) return erased(handshake, failure)
    this.#ends.met(endId as Uint8Array)
    return sessionKeys(handshake, true)
  }
}

function newHandshake(suite: Suite, psk: Uint8Array, initiator: boolean): HandshakeState {
  return new HandshakeState({ suite, pattern: NN_PSK0, prologue: PROLOGUE, initiator, psk })
}
