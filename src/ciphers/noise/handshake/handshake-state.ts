import { agree, type DhKeyPair, generateDhKeyPair, X25519_BYTES } from '../../keys/x25519.js'
import type { Suite } from '../wire/suite.js'
import { SymmetricState } from './symmetric-state.js'

type Agreement = 'ee' | 'es' | 'se' | 'ss'
type Token = 'e' | 's' | 'psk' | Agreement

/** A handshake pattern of two messages. Noise, sections 7 and 9. */
export interface Pattern {
  readonly name: string
  /** Whether the initiator knows the responder's static key beforehand. */
  readonly responderIsKnown: boolean
  readonly messages: readonly [initiation: readonly Token[], response: readonly Token[]]
}

/** Two ends with static keys, of which the responder's is known, and a shared key in the second message. */
export const IK_PSK2: Pattern = {
  name: 'IKpsk2',
  responderIsKnown: true,
  messages: [
    ['e', 'es', 's', 'ss'],
    ['e', 'ee', 'se', 'psk'],
  ],
}

/** Two ends that only share a key, which is in the first message. */
export const NN_PSK0: Pattern = {
  name: 'NNpsk0',
  responderIsKnown: false,
  messages: [
    ['psk', 'e'],
    ['e', 'ee'],
  ],
}

/** What a handshake starts from. */
export interface HandshakeOptions {
  readonly suite: Suite
  readonly pattern: Pattern
  readonly prologue: Uint8Array
  readonly initiator: boolean
  readonly static?: DhKeyPair
  readonly remoteStatic?: Uint8Array
  /** May also be given later, until the message that mixes it in. */
  readonly psk?: Uint8Array
  /** For test vectors only: anyone else takes a fresh one. */
  readonly ephemeral?: DhKeyPair
}

/** Why a message was not read. */
export type ReadFailure = 'authFailed' | 'lowOrder'

/** Noise's HandshakeState for patterns with a shared key. Noise, section 5.3. */
export class HandshakeState {
  psk: Uint8Array | undefined
  remoteStatic: Uint8Array | undefined
  readonly #options: HandshakeOptions
  readonly #symmetric: SymmetricState
  #ephemeral: DhKeyPair | undefined
  #remoteEphemeral: Uint8Array | undefined
  #next = 0

  constructor(options: HandshakeOptions, resumed?: SymmetricState) {
    this.#options = options
    this.psk = options.psk
    this.remoteStatic = options.remoteStatic
    const { suite, pattern, prologue, initiator } = options
    this.#symmetric = resumed ?? new SymmetricState(suite, `Noise_${pattern.name}_${suite.name}`)
    if (resumed) return
    this.#symmetric.mixHash(prologue)
    const known = initiator ? this.remoteStatic : options.static?.publicKey
    if (pattern.responderIsKnown) this.#symmetric.mixHash(known!)
  }

  get handshakeHash(): Uint8Array {
    return this.#symmetric.handshakeHash
  }

  /** The next message, with `payload` sealed at its end. Undefined if the remote's key is of low order. */
  write(payload: Uint8Array): Uint8Array | undefined {
    const parts: Uint8Array[] = []
    for (const token of this.#nextTokens()) {
      if (token === 'e') parts.push(this.#writeEphemeral())
      else if (token === 's') parts.push(this.#symmetric.encryptAndHash(this.#options.static!.publicKey))
      else if (!this.#mix(token)) return undefined
    }
    parts.push(this.#symmetric.encryptAndHash(payload))
    return Buffer.concat(parts)
  }

  /** Reads the next message and returns its payload. After a failure the state is of no more use. */
  read(message: Uint8Array): Uint8Array | ReadFailure {
    let at = 0
    for (const token of this.#nextTokens()) {
      if (token === 'e') {
        this.#readEphemeral(Uint8Array.from(message.subarray(at, at + X25519_BYTES)))
        at += X25519_BYTES
      } else if (token === 's') {
        const end = at + X25519_BYTES + this.#options.suite.aead.tagBytes
        this.remoteStatic = this.#symmetric.decryptAndHash(message.subarray(at, end))
        if (!this.remoteStatic) return 'authFailed'
        at = end
      } else if (!this.#mix(token)) return 'lowOrder'
    }
    return this.#symmetric.decryptAndHash(message.subarray(at)) ?? 'authFailed'
  }

  /** The keys of the session: the initiator's to seal with, and the responder's. */
  split(): readonly [Uint8Array, Uint8Array] {
    return this.#symmetric.split()
  }

  /** A handshake that goes its own way from here on: a forged message spoils only the copy that reads it. */
  clone(): HandshakeState {
    const copy = new HandshakeState(this.#options, this.#symmetric.clone())
    copy.psk = this.psk
    copy.remoteStatic = this.remoteStatic
    copy.#ephemeral = this.#ephemeral
    copy.#remoteEphemeral = this.#remoteEphemeral
    copy.#next = this.#next
    return copy
  }

  /** Forgets all keys. */
  erase(): void {
    this.#symmetric.erase()
    this.#ephemeral = undefined
  }

  #nextTokens(): readonly Token[] {
    return this.#options.pattern.messages[this.#next++]!
  }

  #writeEphemeral(): Uint8Array {
    this.#ephemeral = this.#options.ephemeral ?? generateDhKeyPair()
    const { publicKey } = this.#ephemeral
    this.#symmetric.mixHash(publicKey)
    this.#symmetric.mixKey(publicKey) // because of the shared key: Noise, section 9.2
    return publicKey
  }

  #readEphemeral(publicKey: Uint8Array): void {
    this.#remoteEphemeral = publicKey
    this.#symmetric.mixHash(publicKey)
    this.#symmetric.mixKey(publicKey)
  }

  /** Mixes the shared key or an agreement in; false if the remote's key is of low order. */
  #mix(token: 'psk' | Agreement): boolean {
    if (token === 'psk') {
      this.#symmetric.mixKeyAndHash(this.psk!)
      return true
    }
    const secret = this.#agreement(token)
    if (!secret) return false
    this.#symmetric.mixKey(secret)
    secret.fill(0)
    return true
  }

  /** The first letter of an agreement stands for the initiator's key, the second for the responder's. */
  #agreement(token: Agreement): Uint8Array | undefined {
    const { initiator } = this.#options
    const ownIsStatic = token[initiator ? 0 : 1] === 's'
    const remoteIsStatic = token[initiator ? 1 : 0] === 's'
    const own = ownIsStatic ? this.#options.static : this.#ephemeral
    const remote = remoteIsStatic ? this.remoteStatic : this.#remoteEphemeral
    return agree(own!, remote!)
  }
}
