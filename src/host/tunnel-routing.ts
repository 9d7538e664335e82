import { readdirSync } from 'node:fs'
import type { HostSettings } from '../core/settings/host-settings.js'
import type { Journal } from './journal.js'
import { changeSetting, readSetting } from './kernel-setting.js'
import { hasIpv6, RoutingRules } from './routing-rules.js'

/** The ways of a host's packets while they lead into a tunnel. */
export class TunnelRouting {
  readonly #fullTunnel: HostSettings['fullTunnel']
  readonly #mark: number
  readonly #journal: Journal
  /** Those that lead into the tunnel. */
  readonly #rules: RoutingRules[] = []

  constructor(fullTunnel: HostSettings['fullTunnel'], mark: number, journal: Journal) {
    this.#fullTunnel = fullTunnel
    this.#mark = mark
    this.#journal = journal
  }

  /** Leads the families of a full tunnel into it. What is to stay private must not leave by IPv6 instead of IPv4. */
  async lead(device: string): Promise<void> {
    const { ipv4, ipv6 } = this.#fullTunnel
    if (ipv4) {
      heedMarks(this.#journal)
      await this.#lead(4, device)
    }
    if (ipv6) await this.#lead(6, device)
    else if (ipv4 && hasIpv6()) await new RoutingRules(6, this.#mark, this.#journal).block()
  }

  /** Before the device goes: nothing of the tunnel's takes another way once it is gone. */
  async closeBehind(): Promise<void> {
    for (const rules of this.#rules) await rules.closeBehind()
  }

  async #lead(family: 4 | 6, device: string): Promise<void> {
    const rules = new RoutingRules(family, this.#mark, this.#journal)
    await rules.lead(device)
    this.#rules.push(rules)
  }
}

const SETTINGS = '/proc/sys/net/ipv4/conf'
/** With it the kernel counts the mark when it checks by which way packets came. ip-sysctl */
const VALID_MARK = `${SETTINGS}/all/src_valid_mark`
/** The value of rp_filter that takes packets only by the way that leads back to their source. RFC 3704 */
const STRICT = '1'

/**
 * Has the kernel take answers to marked packets, which come by another way than unmarked ones would go back by. In a
 * container settings may be read-only: that is no harm where nobody checks.
 *
 * @throws HostError if an interface checks, and the setting cannot be changed.
 */
function heedMarks(journal: Journal): void {
  try {
    changeSetting(VALID_MARK, '1', journal)
  } catch (thrown) {
    if (readdirSync(SETTINGS).some((name) => readSetting(`${SETTINGS}/${name}/rp_filter`) === STRICT))
      throw thrown
  }
}
