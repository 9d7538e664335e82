import type { CipherPeer, PeerId, PeerManager } from '../../core/api/cipher.js'
import { ConfigError } from '../../core/api/errors.js'
import type { Context } from './context.js'
import type { Remote } from './handshake/protocol.js'
import type { Handshakes } from './handshakes.js'
import { NoisePeer } from './peer.js'
import type { KeyPair } from './session/key-pair.js'
import { readIndex } from './wire/messages.js'

/** Adds peers to a Noise cipher and removes them. */
export class PeerTable implements PeerManager {
  readonly #context: Context
  readonly #handshakes: Handshakes
  readonly #isDue: (peer: NoisePeer) => void

  constructor(context: Context, handshakes: Handshakes, isDue: (peer: NoisePeer) => void) {
    this.#context = context
    this.#handshakes = handshakes
    this.#isDue = isDue
  }

  add(settings: CipherPeer): void {
    const { peers, protocol, random } = this.#context
    if (peers.has(settings.id)) {
      throw new ConfigError(`Cannot add peer ${settings.id}: it already exists`, {
        code: 'ERR_CONFIG_VALUE',
      })
    }
    const keepalive = keepaliveOf(settings)
    const chance = () => random(1)[0]! / 256
    const ids = () => readIndex(random(4), 0)
    const peer = new NoisePeer(protocol.remote(settings), keepalive, chance, ids, (keyPair) =>
      this.#discard(keyPair),
    )
    if (keepalive > 0) peer.timers.setPersistent(keepalive) // due at once: it starts the first handshake
    peers.set(peer.id, peer)
    this.#isDue(peer)
  }

  change(settings: CipherPeer): void {
    const peer = this.#context.peers.get(settings.id)
    if (peer === undefined) {
      throw new ConfigError(`Cannot change peer ${settings.id}: it is not there`, {
        code: 'ERR_CONFIG_VALUE',
      })
    }
    const remote = this.#context.protocol.remote(settings)
    this.#handshakes.abandonAll(peer)
    peer.remote.erase()
    peer.remote = remote
    peer.timers.setPersistent(keepaliveOf(settings))
    this.#isDue(peer)
  }

  identify(privateKey: string | undefined, settings: readonly CipherPeer[]): void {
    const { peers, protocolFor } = this.#context
    const protocol = protocolFor?.(privateKey)
    if (protocol === undefined) {
      throw new ConfigError('Cannot change the own private key: the cipher has none', {
        code: 'ERR_CONFIG_VALUE',
      })
    }
    const remotes = settings.map((peer) => protocol.remote(peer))
    this.#context.protocol.erase()
    this.#context.protocol = protocol
    this.#handshakes.ownKeyChanged()
    for (const [index, known] of settings.entries()) {
      const peer = peers.get(known.id)
      if (peer !== undefined) this.#meet(peer, remotes[index]!, keepaliveOf(known))
    }
  }

  remove(id: PeerId): void {
    const peer = this.#context.peers.get(id)
    if (peer === undefined) return
    this.#handshakes.abandonAll(peer)
    peer.keys.clear()
    peer.remote.erase()
    this.#context.drops.staged += peer.staged.take().length
    this.#context.peers.delete(id)
  }

  /** This end has another key, of which the peer knows by the next handshake. */
  #meet(peer: NoisePeer, remote: Remote, keepalive: number): void {
    this.#handshakes.abandonAll(peer)
    peer.keys.clear()
    peer.remote.erase()
    peer.remote = remote
    peer.attemptingSince = undefined
    peer.initiatedAt = Number.NEGATIVE_INFINITY
    if (keepalive > 0 || peer.staged.length > 0) peer.timers.initiateSoon()
    this.#isDue(peer)
  }

  #discard(keyPair: KeyPair): void {
    this.#context.indices.delete(keyPair.localIndex)
    keyPair.erase()
  }
}

/** Milliseconds. */
function keepaliveOf({ keepalive = 0 }: CipherPeer): number {
  return keepalive * 1000
}
