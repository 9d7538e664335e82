import { changeForwarding } from './kernel/forwarding.js'
import { hasIpv6 } from './kernel/has-ipv6.js'
import type { Change } from './record/change.js'
import type { Journal } from './record/journal.js'
import { notRestored } from './repair.js'
import { type UndoNotedParts, undoAndStrikeOut } from './undo-noted.js'

/** Whether a host forwards packets because of a tunnel. */
export class TunnelForwarding {
  readonly #parts: UndoNotedParts
  readonly #journal: Journal
  readonly #addresses: readonly string[]
  /** What was changed for it; undefined if nothing is to be. */
  #changes: readonly Change[] | undefined

  /** `addresses` are the inner ones of this end, of whose families packets are forwarded. */
  constructor(parts: UndoNotedParts, journal: Journal, addresses: readonly string[]) {
    this.#parts = parts
    this.#journal = journal
    this.#addresses = addresses
  }

  /**
   * Has the host forward packets, or no longer for this tunnel. The caller has the network's lock.
   *
   * @throws HostError if it cannot be changed.
   */
  async want(wanted: boolean): Promise<void> {
    if (wanted === (this.#changes !== undefined)) return
    if (wanted) this.#begin()
    else await this.#end(this.#changes ?? [])
  }

  #begin(): void {
    const has = (sign: string) => this.#addresses.some((address) => address.includes(sign))
    const noted = this.#journal.changes.length
    try {
      changeForwarding(has('.'), has(':') && hasIpv6(), this.#journal)
    } finally {
      this.#changes = this.#journal.changes.slice(noted)
    }
  }

  async #end(changes: readonly Change[]): Promise<void> {
    const { failed } = await undoAndStrikeOut(this.#journal, changes, this.#parts)
    this.#changes = failed.length === 0 ? undefined : failed
    if (failed.length > 0) throw notRestored(this.#journal.path, failed)
  }
}
