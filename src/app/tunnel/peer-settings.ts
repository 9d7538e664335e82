import { lookup } from 'node:dns/promises'
import type { Cipher } from '../../core/api/cipher.js'
import type { PeerConfig } from '../../core/api/config.js'
import type { Logger } from '../../core/api/logger.js'
import type { Link } from '../../core/api/transport.js'
import { bareHost } from '../../core/ip/bare-host.js'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import type { Peer } from '../../core/peers/peers.js'
import type { SettingsPermission } from '../../core/pushed-settings/permitted-settings.js'
import type { PushedSettings } from '../../core/pushed-settings/pushed-settings.js'
import { type ClientSettings, NO_SETTINGS } from '../../core/settings/client-settings.js'

/** Settings between this end and its peers, both ways, as the configuration wants it. */
export class PeerSettings {
  readonly #cipher: Cipher
  readonly #pushed: PushedSettings
  /** Bytes: what a peer may lower. */
  #mtu: number
  readonly #log: Logger
  readonly #lookAtHost: () => void
  /** The peers that may push settings. */
  readonly #accepted = new Map<Peer, Omit<SettingsPermission, 'mtu'>>()
  /** What members of groups pushed last: that of the active one counts. */
  readonly #latest = new Map<Peer, ClientSettings>()
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
    if (asks) this.#accepted.set(peer, { accepts, allowed })
    else this.#accepted.delete(peer)
    this.#permit(peer)
    peer.pushed = undefined
    if (!asks) return
    if (this.#cipher.settings === undefined) {
      this.#log.warn('the peer cannot push settings: the cipher does not support that', { peer: id })
    }
    peer.pushed = (settings) => {
      if (peer.link !== undefined) this.carriedBy(peer, peer.link)
      this.#lookAtHost()
      this.#latest.set(peer, settings)
      if (countsNow(peer)) this.#pushed.pushed(sourceOf(peer), settings)
    }
  }

  /** A member of a group is the active one: what it pushed counts, or that of the one before until it pushes. */
  counts(active: Peer): void {
    this.#permit(active)
    const settings = this.#latest.get(active)
    if (settings !== undefined) this.#pushed.pushed(sourceOf(active), settings)
  }

  /** There is no such group any more. */
  dissolved(group: string): void {
    this.#pushed.permit(groupSource(group), undefined)
  }

  /** The own file has another MTU, in bytes: what was pushed is compared with that one again. */
  resize(mtu: number): void {
    this.#mtu = mtu
    for (const peer of this.#accepted.keys()) this.#permit(peer)
  }

  /** A peer left: withdraws what it pushed, unless it counted as a group's. */
  leave(peer: Peer): void {
    this.#accepted.delete(peer)
    this.#latest.delete(peer)
    this.#pushed.permit(peer.id, undefined)
  }

  #permit(peer: Peer): void {
    const accepted = this.#accepted.get(peer)
    if (countsNow(peer)) this.#pushed.permit(sourceOf(peer), accepted && { ...accepted, mtu: this.#mtu })
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

/** Whether what the peer pushes is put in force. */
function countsNow(peer: Peer): boolean {
  return peer.group === undefined || peer.group.active === peer
}

/** Whose settings they count as: members of a group replace those of each other. */
function sourceOf({ group, id }: Peer): string {
  return group === undefined ? id : groupSource(group.name)
}

function groupSource(name: string): string {
  return `group ${name}`
}
