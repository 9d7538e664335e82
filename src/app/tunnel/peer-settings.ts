import { lookup } from 'node:dns/promises'
import type { Cipher, PeerId } from '../../core/api/cipher.js'
import type { PeerConfig } from '../../core/api/config.js'
import type { Logger } from '../../core/api/logger.js'
import type { Link } from '../../core/api/transport.js'
import { bareHost } from '../../core/ip/bare-host.js'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import type { Peer } from '../../core/peers/peers.js'
import type { SettingsPermission } from '../../core/pushed-settings/permitted-settings.js'
import type { PushedSettings } from '../../core/pushed-settings/pushed-settings.js'
import { NO_SETTINGS } from '../../core/settings/client-settings.js'

/** Settings between this end and its peers, both ways, as the configuration wants it. */
export class PeerSettings {
  readonly #cipher: Cipher
  readonly #pushed: PushedSettings
  /** Bytes: what a peer may lower. */
  #mtu: number
  readonly #log: Logger
  readonly #lookAtHost: () => void
  /** The peers that may push settings. */
  readonly #accepted = new Map<PeerId, Omit<SettingsPermission, 'mtu'>>()
  /** Names whose look-ups are under way. */
  readonly #lookedUp = new Set<string>()

  /** @param lookAtHost is called before pushed settings are taken: they are compared with the host as it is then. */
  constructor(cipher: Cipher, pushed: PushedSettings, mtu: number, log: Logger, lookAtHost: () => void) {
    this.#cipher = cipher
    this.#pushed = pushed
    this.#mtu = mtu
    this.#log = log
    this.#lookAtHost = lookAtHost
  }

  /** A peer comes, or its configuration changed. */
  join(peer: Peer, { accepts = [], allowed, push = NO_SETTINGS, id }: PeerConfig, now: number): void {
    const asks = accepts.length > 0
    this.#cipher.settings?.push(id, push, now)
    this.#cipher.settings?.ask(id, asks, now)
    if (asks) this.#accepted.set(id, { accepts, allowed })
    else this.#accepted.delete(id)
    this.#pushed.permit(id, asks ? { accepts, allowed, mtu: this.#mtu } : undefined)
    peer.pushed = undefined
    if (!asks) return
    if (this.#cipher.settings === undefined) {
      this.#log.warn('the peer cannot push settings: the cipher does not support that', { peer: id })
    }
    peer.pushed = (settings) => {
      if (peer.link !== undefined) this.carriedBy(peer, peer.link)
      this.#lookAtHost()
      this.#pushed.pushed(id, settings)
    }
  }

  /** The own file has another MTU, in bytes: what was pushed is compared with that one again. */
  resize(mtu: number): void {
    this.#mtu = mtu
    for (const [id, accepted] of this.#accepted) this.#pushed.permit(id, { ...accepted, mtu })
  }

  /** A peer left: withdraws what it pushed. */
  leave(id: PeerId): void {
    this.#accepted.delete(id)
    this.#pushed.permit(id, undefined)
  }

  /** An endpoint is about to be dialled: no pushed route may lead the carrier into the tunnel. */
  dialling(peer: Peer, { hostname }: URL): void {
    if (peer.pushed === undefined) return
    const host = bareHost(hostname)
    const address = parseIpAddress(host)
    if (address !== undefined) this.#pushed.carriedBy(address)
    else void this.#lookUp(host)
  }

  /** A peer is reached by a link. */
  carriedBy(peer: Peer, { source }: Link): void {
    if (peer.pushed !== undefined) this.#pushed.carriedBy(source)
  }

  /** Beside dialling, which may leave the look-up to a proxy and must not wait for this one. */
  async #lookUp(host: string): Promise<void> {
    if (this.#lookedUp.has(host)) return // no name server answers yet, and each look-up takes a thread of Node's
    this.#lookedUp.add(host)
    const found = await lookup(host, { all: true }).catch(() => [])
    this.#lookedUp.delete(host)
    for (const { address } of found) {
      const bytes = parseIpAddress(address)
      if (bytes !== undefined) this.#pushed.carriedBy(bytes)
    }
  }
}
