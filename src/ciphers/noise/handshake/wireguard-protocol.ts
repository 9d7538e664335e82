import { randomBytes } from 'node:crypto'
import type { CipherPeer } from '../../../core/api/cipher.js'
import { ConfigError } from '../../../core/api/errors.js'
import { KEY_BYTES } from '../../aead/aead.js'
import { parseBase64Key } from '../../keys/keys.js'
import { type DhKeyPair, dhKeyPairOf } from '../../keys/x25519.js'
import type { DropCause } from '../wire/drops.js'
import { INITIATION_BODY_AT, RESPONSE_BODY_AT, readIndex, SENDER_AT } from '../wire/messages.js'
import { CHACHAPOLY_BLAKE2S } from '../wire/suite.js'
import { HandshakeState, IK_PSK2 } from './handshake-state.js'
import { MACS_BYTES, type MacKeys, macKeysOf } from './macs.js'
import {
  type Answer,
  assemble,
  type Exchange,
  erased,
  type Protocol,
  type Question,
  type Remote,
  type SessionKeys,
  sessionKeys,
} from './protocol.js'

/** WireGuard's identifier. WireGuard's paper, section 5.4. */
const PROLOGUE = Buffer.from('WireGuard v1 zx2c4 Jason@zx2c4.com')
const EMPTY = new Uint8Array(0)

const COMMON = { suite: CHACHAPOLY_BLAKE2S, pattern: IK_PSK2, prologue: PROLOGUE }

/** WireGuard's handshake: Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s. A peer's id is its public key in base64. */
export class WireGuardProtocol implements Protocol {
  readonly suite = CHACHAPOLY_BLAKE2S
  /** WireGuard says 2^60, but counters beyond 2^53 are no exact integers: this end stops long before. */
  readonly limits = { rekeyAfter: 2 ** 52, rejectAfter: 2 ** 53 - 1 }
  readonly padding = 16
  readonly initiationLength = 148
  readonly responseLength = 92
  readonly ready: boolean
  readonly macs: MacKeys
  readonly #own: DhKeyPair

  /** @param privateKey absent if it is not known yet: this end is nobody's peer then. */
  constructor(privateKey: Uint8Array | undefined) {
    this.ready = privateKey !== undefined
    this.#own = dhKeyPairOf(privateKey ?? randomBytes(KEY_BYTES))
    this.macs = macKeysOf(this.#own.publicKey)
  }

  remote({ id, presharedKey }: CipherPeer): Remote {
    const publicKey = parseBase64Key(id, 'public key of a peer')
    if (Buffer.compare(publicKey, this.#own.publicKey) === 0) {
      throw new ConfigError(`Cannot use peer ${id}: that is this end's own public key`, {
        code: 'ERR_CONFIG_VALUE',
      })
    }
    const psk = presharedKey
      ? parseBase64Key(presharedKey, `preshared key of ${id}`)
      : new Uint8Array(KEY_BYTES)
    return new WireGuardRemote(id, this.#own, publicKey, psk)
  }

  read(initiation: Uint8Array): Question | DropCause {
    const handshake = new HandshakeState({ ...COMMON, initiator: false, static: this.#own })
    const timestamp = handshake.read(initiation.subarray(INITIATION_BODY_AT, -MACS_BYTES))
    if (typeof timestamp === 'string') return erased(handshake, timestamp)
    const peer = Buffer.from(handshake.remoteStatic!).toString('base64')
    return { peer, timestamp, endId: EMPTY, sender: readIndex(initiation, SENDER_AT), handshake }
  }

  erase(): void {
    this.macs.mac1.fill(0)
    this.macs.cookie.fill(0)
  }
}

class WireGuardRemote implements Remote {
  readonly id: string
  readonly macs: MacKeys
  readonly winsTieBreak: boolean
  readonly #own: DhKeyPair
  readonly #publicKey: Uint8Array
  readonly #psk: Uint8Array

  constructor(id: string, own: DhKeyPair, publicKey: Uint8Array, psk: Uint8Array) {
    this.id = id
    this.#own = own
    this.#publicKey = publicKey
    this.#psk = psk
    this.macs = macKeysOf(publicKey)
    this.winsTieBreak = Buffer.compare(publicKey, own.publicKey) > 0
  }

  start(sender: number, timestamp: Uint8Array): Exchange | undefined {
    const handshake = new HandshakeState({
      ...COMMON,
      initiator: true,
      static: this.#own,
      remoteStatic: this.#publicKey,
      psk: this.#psk,
    })
    const body = handshake.write(timestamp)
    if (body === undefined) return erased(handshake, undefined)
    return {
      initiation: assemble('initiation', [sender], body),
      finish: (response) => finish(handshake, response),
      erase: () => handshake.erase(),
    }
  }

  answer({ handshake, sender: receiver }: Question, sender: number): Answer | undefined {
    handshake.psk = this.#psk
    const body = handshake.write(EMPTY)
    if (body === undefined) return undefined
    return { response: assemble('response', [sender, receiver], body), keys: sessionKeys(handshake, false) }
  }

  erase(): void {
    this.#psk.fill(0)
  }
}

function finish(started: HandshakeState, response: Uint8Array): SessionKeys | DropCause {
  const handshake = started.clone()
  const payload = handshake.read(response.subarray(RESPONSE_BODY_AT, -MACS_BYTES))
  return typeof payload === 'string' ? erased(handshake, payload) : sessionKeys(handshake, true)
}
