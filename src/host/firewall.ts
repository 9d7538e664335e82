import { asError } from '../core/api/errors.js'
import { Turns } from '../core/time/turns.js'
import { findProgram } from '../native/process/programs.js'
import type { FilterWay, FirewallSettings } from './filter/filter-settings.js'
import { hasIptables, Iptables } from './filter/iptables.js'
import { nftScript, nftTable } from './filter/nft-script.js'
import { command, wasGone } from './programs/command.js'
import type { Journal } from './record/journal.js'

/** What nft complains of if the kernel has no nftables. */
const NO_NFTABLES = /not supported|cache initialization failed/

/** The packet filter of a tunnel. */
export class Firewall {
  readonly kind = 'filter'
  readonly #way: FilterWay
  #settings: FirewallSettings
  /** What the kernel shows of it; undefined until it was asked. */
  #shown: string | undefined
  readonly #turns = new Turns()

  private constructor(way: FilterWay, settings: FirewallSettings) {
    this.#way = way
    this.#settings = settings
  }

  /**
   * Adds the packet filter of a tunnel to the host, all of it at once; undefined if the settings need none. Iptables
   * makes it if there is no nft, or no nftables in the kernel.
   */
  static async add(settings: FirewallSettings, journal: Journal): Promise<Firewall | undefined> {
    if (nftScript(settings) === undefined) return undefined
    const firewall = new Firewall(await addFirst(settings, journal), settings)
    // What others remove before the first look is missing then.
    if (firewall.isShared) firewall.#shown = await firewall.#way.show()
    return firewall
  }

  /** Whether other firewalls may remove it when they rebuild their rules, which the kernel does not always report. */
  get isShared(): boolean {
    return this.#way instanceof Iptables
  }

  /** Adds all of it again if any of it is not as it was. Returns what was missing. */
  restore(): Promise<readonly string[]> {
    return this.#turns.take(async () => {
      const shown = await this.#way.show()
      this.#shown ??= shown === '' ? undefined : shown
      if (shown === this.#shown) return []
      await this.#way.add(this.#settings)
      this.#shown = await this.#way.show()
      return [this.#way.what]
    })
  }

  /** Puts the rules for other settings of the same device in the place of these, all at once. */
  change(settings: FirewallSettings): Promise<void> {
    return this.#turns.take(async () => {
      const rules = nftScript(settings)
      if (rules === undefined || rules === nftScript(this.#settings)) return
      await this.#way.add(settings)
      this.#settings = settings
      this.#shown = await this.#way.show()
    })
  }
}

/** The packet filter of a tunnel in a table of nftables, by the program nft. */
class Nftables implements FilterWay {
  readonly what: string
  readonly #table: string

  constructor(table: string) {
    this.#table = table
    this.what = `table inet ${table}`
  }

  async add(settings: FirewallSettings): Promise<void> {
    await command('nft', ['-f', '-'], nftScript(settings))
  }

  show(): Promise<string> {
    return command('nft', ['-s', 'list', 'table', 'inet', this.#table]).catch((thrown) => {
      if (wasGone(thrown)) return ''
      throw thrown
    })
  }
}

/** Adds a packet filter in the way that this host has, and notes it before. */
async function addFirst(settings: FirewallSettings, journal: Journal): Promise<FilterWay> {
  const table = nftTable(settings.device)
  if (findProgram('nft') !== undefined || !hasIptables()) {
    const nftables = new Nftables(table)
    const before = [...journal.changes]
    journal.note({ kind: 'firewall', table })
    try {
      await nftables.add(settings)
      return nftables
    } catch (thrown) {
      if (!hasIptables() || !NO_NFTABLES.test(asError(thrown).message)) throw thrown
      journal.settle(before)
    }
  }
  const iptables = new Iptables(settings.device)
  journal.note({ kind: 'firewall', table, by: 'iptables' })
  await iptables.add(settings)
  return iptables
}
