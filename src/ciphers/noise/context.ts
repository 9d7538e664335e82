import type { Aead } from '../../core/api/aead.js'
import type { PeerId } from '../../core/api/cipher.js'
import type { Logger } from '../../core/api/logger.js'
import type { Random } from './handshake/cookies.js'
import type { Protocol } from './handshake/protocol.js'
import type { Timestamps } from './handshake/tai64n.js'
import type { NoisePeer } from './peer.js'
import type { IndexTable } from './session/index-table.js'
import type { KeyPair } from './session/key-pair.js'
import type { Drops } from './wire/drops.js'

/** What a Noise cipher takes from the world. */
export interface NoiseOptions {
  readonly protocol: Protocol
  /** The protocol with another own key in base64, or with none; absent if an end has no key of its own. */
  readonly protocolFor?: ((privateKey: string | undefined) => Protocol) | undefined
  /** Makes a key of the protocol's algorithm usable, for a session. */
  readonly useKey: (key: Uint8Array) => Aead
  readonly random: Random
  /** Milliseconds since 1970, as the host believes. */
  readonly wall: () => number
  readonly timestamps: Timestamps
  readonly log: Logger
  /** Bytes. Padding makes no packet longer than this, at first. */
  readonly mtu: number
  /** Whether this end takes super-packets and partial checksums. */
  readonly takesSuperPackets: boolean
}

/** What an index of this end stands for: a session, or a handshake that nothing answered yet. */
export interface IndexEntry {
  readonly peer: NoisePeer
  readonly keyPair: KeyPair | undefined
}

/** What the parts of a Noise cipher share. */
export interface Context extends Omit<NoiseOptions, 'protocol'> {
  /** That of the own key of the moment. */
  protocol: Protocol
  readonly drops: Drops
  readonly peers: Map<PeerId, NoisePeer>
  readonly indices: IndexTable<IndexEntry>
}
