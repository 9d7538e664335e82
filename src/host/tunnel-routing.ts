import type { HostSettings } from '../core/settings/host-settings.js'
import type { Journal } from './journal.js'
import { heedMarks } from './reverse-path.js'
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
