import type { Cipher } from '../../core/api/cipher.js'
import type { PeerConfig } from '../../core/api/config.js'
import { FORMER_FOR } from '../../core/peers/peer-group.js'
import type { Peer } from '../../core/peers/peers.js'
import type { Clock, Timer } from '../../core/time/clock.js'

/** What the sessions of members depend on. */
export interface MemberSessionsParts {
  readonly cipher: Cipher
  /** What a peer pushes is asked for in its sessions, as its configuration says. */
  readonly settings: { join(peer: Peer, config: PeerConfig, now: number): void }
  readonly clock: Clock
  /** Does some work on parts of the tunnel. */
  readonly run: (work: (now: number) => void) => void
}

/**
 * Sessions of members of groups: one that stands by has none, and begins none. It is told so by a goodbye if there is a link to
 * it. What a former active one sends is opened for FORMER_FOR more.
 */
export class MemberSessions {
  readonly #parts: MemberSessionsParts
  /** What ends the sessions of former active members. */
  readonly #ending = new Map<Peer, Timer>()

  constructor(parts: MemberSessionsParts) {
    this.#parts = parts
  }

  /** A member is called, or is none any more: its session, if it has one still, goes on. */
  goesOn(peer: Peer): void {
    this.#ending.get(peer)?.cancel()
    this.#ending.delete(peer)
  }

  /** A member answers: keepalives keep the way to it open. */
  proven(config: PeerConfig): void {
    if (config.keepalive) this.#parts.cipher.peerManager?.change(config)
  }

  /** A member stands by from now on, by its configuration. */
  end(peer: Peer, config: PeerConfig, now: number): void {
    this.goesOn(peer)
    const { cipher, settings } = this.#parts
    const goodbye = cipher.sessions?.goodbye?.(peer.id, now)
    if (goodbye !== undefined) peer.link?.send([goodbye])
    cipher.peerManager?.remove(peer.id)
    cipher.peerManager?.add({ ...config, keepalive: 0 })
    settings.join(peer, config, now)
  }

  /** The same in FORMER_FOR, unless it is called until then. */
  endLater(peer: Peer, config: () => PeerConfig): void {
    const { clock, run } = this.#parts
    this.goesOn(peer)
    const work = () => run((now) => this.end(peer, config(), now))
    this.#ending.set(peer, clock.schedule(FORMER_FOR, work))
  }

  /** Idempotent. Nothing ends any more. */
  stop(): void {
    for (const timer of this.#ending.values()) timer.cancel()
    this.#ending.clear()
  }
}
