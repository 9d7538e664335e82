import { readdirSync } from 'node:fs'
import type { HostSettings } from '../../core/settings/host-settings.js'
import { OUR_PROTOCOL } from '../../native/netlink/ownership.js'
import type { RouteNetlink } from '../../native/netlink/route-netlink.js'
import type { MarkRule } from '../../native/netlink/rule.js'
import { inNamespace } from '../../native/process/namespace-scope.js'
import { hasIpv6 } from '../kernel/has-ipv6.js'
import { changeSetting, readSetting } from '../kernel/kernel-setting.js'
import type { Journal } from '../record/journal.js'
import { freeTable } from './free-numbers.js'
import { type Led, stateOf, type TableParts, TunnelTable } from './tunnel-table.js'

/** What the routing of a full tunnel depends on. */
export interface RoutingParts {
  readonly fullTunnel: HostSettings['fullTunnel']
  /** Whether networks beside the tunnel are reached as ever. */
  readonly underlayRoutes: boolean
  /** The mark of the carrier's packets, which go as ever. */
  readonly mark: number
  readonly journal: Journal
  readonly network: RouteNetlink
}

/** A family of a full tunnel: its table, and the rule that leads there. */
interface FamilyRouting {
  readonly table: TunnelTable
  readonly rule: MarkRule
}

/**
 * The ways of a host's packets while they lead into a tunnel: a rule for each family leads all but the carrier's packets
 * to a table of the tunnel's own, which refuses what it does not know a way for.
 */
export class TunnelRouting {
  readonly kind = 'routing'
  readonly #parts: RoutingParts
  readonly #families: FamilyRouting[] = []
  #table: number | undefined

  constructor(parts: RoutingParts) {
    this.#parts = parts
  }

  /** The number of the tunnel's own table; undefined if nothing leads there. */
  get table(): number | undefined {
    return this.#table
  }

  /**
   * Leads the families of a full tunnel into it, and this from now on. What is to stay private must not leave by IPv6
   * instead of IPv4. The caller keeps others from choosing numbers meanwhile.
   *
   * @throws HostError or NetlinkError if something cannot be had.
   */
  lead(device: string, led: Led): void {
    const { fullTunnel } = this.#parts
    const isClosed = fullTunnel.ipv4 || fullTunnel.ipv6
    const has = (bytes: number) => led.around.some(({ address }) => address.length === bytes)
    if (fullTunnel.ipv4 || has(4)) this.#make(4, device, { isFull: fullTunnel.ipv4, isClosed })
    if ((isClosed || has(16)) && hasIpv6()) this.#make(6, device, { isFull: fullTunnel.ipv6, isClosed })
    for (const { table } of this.#families) table.lead(led)
    this.restore()
  }

  /** Adds again what somebody removed, and follows the networks beside the tunnel. Returns what was missing. */
  restore(): string[] {
    if (this.#families.length === 0) return []
    const { network } = this.#parts
    const state = stateOf(network)
    const missing: string[] = []
    for (const { rule, table } of this.#families) {
      missing.push(...table.restore(state))
      const there = network.rules(rule.family).some((shown) => isShown(rule, shown))
      if (there) continue
      network.addRule(rule, OUR_PROTOCOL)
      missing.push(`routing rule ${rule.priority} of IPv${rule.family}`)
    }
    return missing
  }

  /** Makes the table of a family, which is there once; the rule leads there once it has its routes. */
  #make(family: 4 | 6, device: string, kind: Pick<TableParts, 'isFull' | 'isClosed'>): void {
    const { journal, mark, network, underlayRoutes } = this.#parts
    if (this.#families.some(({ rule }) => rule.family === family)) return
    if (family === 4) heedMarks(journal)
    this.#table ??= freeTable(network, journal.others())
    const table = this.#table
    journal.note({ kind: 'table', family, table })
    const rule = { family, priority: priorityBefore(network, family), mark, table }
    journal.note({ kind: 'rule', ...rule })
    this.#families.push({
      table: new TunnelTable({ family, table, device, underlayRoutes, ...kind }, network),
      rule,
    })
  }
}

/** The priority that comes before all rules but that of local addresses, and those of programs that pass beside tunnels. */
export function priorityBefore(network: RouteNetlink, family: 4 | 6): number {
  const [, first = 32_766] = network
    .rules(family)
    .filter(({ inverted, protocol }) => protocol !== OUR_PROTOCOL || inverted)
    .map(({ priority }) => priority)
    .sort((one, other) => one - other)
  return Math.max(1, first - 1)
}

function isShown(rule: MarkRule, shown: ReturnType<RouteNetlink['rules']>[number]): boolean {
  const { inverted, mark, priority, protocol, table } = shown
  const isSame = mark === rule.mark && priority === rule.priority && table === rule.table
  return isSame && inverted && protocol === OUR_PROTOCOL
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
    const interfaces = inNamespace(() => readdirSync(SETTINGS))
    if (interfaces.some((name) => readSetting(`${SETTINGS}/${name}/rp_filter`) === STRICT)) throw thrown
  }
}
