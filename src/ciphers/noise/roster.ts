import type { CipherPeer, Members, PeerId } from '../../core/cipher.js'
import { ConfigError } from '../../core/errors.js'
import type { Context } from './context.js'
import type { Handshakes } from './handshakes.js'
import type { KeyPair } from './key-pair.js'
import { NoisePeer } from './peer.js'

/** Adds peers to a Noise cipher and removes them. */
export class Roster implements Members {
  readonly #context: Context
  readonly #handshakes: Handshakes
  readonly #added: (peer: NoisePeer) => void

  constructor(context: Context, handshakes: Handshakes, added: (peer: NoisePeer) => void) {
    this.#context = context
    this.#handshakes = handshakes
    this.#added = added
  }

  add(settings: CipherPeer): void {
    const { peers, protocol, random } = this.#context
    if (peers.has(settings.id)) {
      throw new ConfigError(`Cannot add peer ${settings.id}: it is there already`, {
        code: 'ERR_CONFIG_VALUE',
      })
    }
    const keepalive = (settings.keepalive ?? 0) * 1000
    const chance = () => random(1)[0]! / 256
    const peer = new NoisePeer(protocol.remote(settings), keepalive, chance, (keyPair) =>
      this.#discard(keyPair),
    )
    if (keepalive > 0) peer.timers.persistentAt = 0 // due at once: it starts the first handshake
    peers.set(peer.id, peer)
    this.#added(peer)
  }

  remove(id: PeerId): void {
    const peer = this.#context.peers.get(id)
    if (peer === undefined) return
    this.#handshakes.abandon(peer)
    peer.keys.clear()
    peer.remote.erase()
    this.#context.drops.staged += peer.staged.take().length
    this.#context.peers.delete(id)
  }

  #discard(keyPair: KeyPair): void {
    this.#context.indices.delete(keyPair.localIndex)
    keyPair.erase()
  }
}
