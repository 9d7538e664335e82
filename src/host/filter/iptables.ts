import { findProgram } from '../../native/process/programs.js'
import { hasIpv6 } from '../kernel/has-ipv6.js'
import { command } from '../programs/command.js'
import type { FilterWay, FirewallSettings } from './filter-settings.js'
import { type Family, type IptablesChain, iptablesChains, ownChains } from './iptables-rules.js'
import { restoreScript, savedRules, shownRules } from './saved-rules.js'

/** Times that rules are restored which others change at the same time. */
const ATTEMPTS = 3

/** Whether the host has the programs of iptables. */
export function hasIptables(): boolean {
  return findProgram('iptables-restore') !== undefined
}

/** The packet filter of a tunnel in chains of its own, by the programs of iptables. */
export class Iptables implements FilterWay {
  readonly what: string
  readonly #own: RegExp

  constructor(device: string) {
    this.#own = ownChains(device)
    this.what = `chains qanat-${device} of iptables`
  }

  async add(settings: FirewallSettings): Promise<void> {
    for (const family of families()) await this.#replace(family, iptablesChains(settings, family))
  }

  /** Removes all of it; that it is gone already is no error. */
  async remove(): Promise<void> {
    for (const family of families()) await this.#replace(family, [])
  }

  async show(): Promise<string> {
    const shown = families().map(async (family) => shownRules(await this.#saved(family)))
    return (await Promise.all(shown)).filter((text) => text !== '').join('\n')
  }

  async #replace(family: Family, chains: readonly IptablesChain[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const script = restoreScript(chains, await this.#saved(family))
      if (script === '') return
      try {
        await command(`${family}tables-restore`, ['-w', '--noflush'], script)
        return
      } catch (thrown) {
        if (attempt === ATTEMPTS) throw thrown
      }
    }
  }

  async #saved(family: Family) {
    return savedRules(await command(`${family}tables-save`, []), this.#own)
  }
}

function families(): Family[] {
  return hasIpv6() ? ['ip', 'ip6'] : ['ip']
}
