import { isDeepStrictEqual } from 'node:util'
import { type DnsSettings, NO_DNS } from '../core/settings/host-settings.js'
import { changeDns, restoreDns } from './dns.js'
import { nameServersFile } from './files/name-server-places.js'
import { keepNameServers } from './name-servers-keeper.js'
import type { Journal } from './record/journal.js'
import { withNetworkLock } from './routing/network-lock.js'
import type { Upkeep } from './routing/upkeep.js'
import { type UndoNotedParts, undoAndStrikeOut } from './undo-noted.js'

/** What a tunnel wants of its host's name servers. */
export interface WantedDns {
  /** By its own settings. */
  readonly own: DnsSettings
  /** By what was pushed to it, which comes first. */
  readonly pushed: DnsSettings
}

/** Whom a host asks for names because of a tunnel, and whom it asked before. */
export class TunnelNameServers {
  /** Those that it asks by the tunnel, at any time. */
  readonly servers: string[] = []
  readonly #parts: UndoNotedParts
  readonly #journal: Journal
  #wanted: WantedDns = { own: NO_DNS, pushed: NO_DNS }
  #inForce = NO_DNS
  /** Keeps the file of name servers. */
  #keeper: Upkeep | undefined

  constructor(parts: UndoNotedParts, journal: Journal) {
    this.#parts = parts
    this.#journal = journal
  }

  /**
   * Has the host ask others from now on if that changes whom it is to ask; without any, whomever it asked before.
   *
   * @throws HostError if that fails; then it asks whom it asked before the tunnel.
   */
  async use(device: string, wanted: Partial<WantedDns>): Promise<void> {
    this.#wanted = { ...this.#wanted, ...wanted }
    const { own, pushed } = this.#wanted
    const wants = [{ ...pushed, split: own.split }, own]
    const next = wants.find(({ servers }) => servers.length > 0) ?? NO_DNS
    if (isDeepStrictEqual(next, this.#inForce)) return
    await this.close()
    await withNetworkLock(this.#parts, async () => {
      if (this.#inForce !== NO_DNS) await restoreDns(device, this.#journal, this.#parts)
      this.#inForce = NO_DNS
      this.servers.splice(0, Infinity, ...next.servers)
      if (next === NO_DNS) return
      await this.#change(device, next)
      this.#inForce = next
    })
  }

  /** The file is kept no longer. */
  async close(): Promise<void> {
    await this.#keeper?.close()
    this.#keeper = undefined
  }

  async #change(device: string, dns: DnsSettings): Promise<void> {
    const { log } = this.#parts
    const noted = this.#journal.changes.length
    try {
      const way = await changeDns(device, dns, this.#journal, log)
      if (way === 'file') {
        const path = nameServersFile()
        this.#keeper = keepNameServers({ ...this.#parts, path, journal: this.#journal })
      }
      log.info('name servers changed', { servers: dns.servers, way })
    } catch (thrown) {
      // A part of it may have been changed.
      await undoAndStrikeOut(this.#journal, this.#journal.changes.slice(noted), this.#parts)
      throw thrown
    }
  }
}
