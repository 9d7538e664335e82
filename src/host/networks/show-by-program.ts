import { parseIpAddress } from '../../core/ip/ip-address.js'
import { parseIpPrefix } from '../../core/ip/ip-prefix.js'
import { MAIN_TABLE } from '../../native/netlink/route.js'
import { command } from '../programs/command.js'
import type { Shown, ShownRoute } from './host-routing.js'

/** The type of routes that lead packets on. linux/rtnetlink.h (RTN_UNICAST) */
const UNICAST = '1'

/** What `ip -json` shows, as far as it is used. */
interface ShownLink {
  readonly ifindex: number
  readonly ifname: string
  readonly master?: string
  readonly linkinfo?: { readonly info_kind?: string }
  readonly addr_info?: readonly {
    readonly local?: string
    readonly address?: string
    readonly prefixlen: number
  }[]
}
interface RouteEntry {
  readonly type?: string
  readonly dst: string
  readonly dev?: string
  readonly gateway?: string
  readonly via?: { readonly host: string }
  readonly nexthops?: readonly Pick<RouteEntry, 'gateway' | 'via'>[]
  readonly table?: string
  readonly protocol?: string
  readonly metric?: number
}
interface RuleEntry {
  readonly priority: number
  readonly src?: string
  readonly table?: string
  readonly not?: null
  readonly fwmark?: string
}

/** Parts of a rule that let it match all packets. */
const FOR_ALL = ['priority', 'src', 'table', 'protocol', 'suppress_prefixlen', 'not', 'fwmark', 'fwmask']

/**
 * What the kernel shows of a host by the program `ip`, if the system cannot be called directly.
 *
 * @throws HostError if the program is missing or fails.
 */
export async function showByProgram(): Promise<Shown> {
  const links = await ask<ShownLink>('address', 'show')
  const indexOf = (name: string | undefined) => links.find(({ ifname }) => ifname === name)?.ifindex
  const families = [
    ['-4', '0.0.0.0/0'],
    ['-6', '::/0'],
  ] as const
  const routes: ShownRoute[] = []
  const rules: Shown['rules'][number][] = []
  for (const [family, everything] of families) {
    for (const entry of await ask<RouteEntry>(family, 'route', 'show', 'table', 'all')) {
      const destination = parseIpPrefix(entry.dst === 'default' ? everything : entry.dst)
      if (destination === undefined) continue
      routes.push({
        destination,
        table: Number(entry.table ?? MAIN_TABLE),
        link: indexOf(entry.dev),
        gateways: [entry, ...(entry.nexthops ?? [])].flatMap(gatewayOf),
        metric: entry.metric ?? 0,
        protocol: Number(entry.protocol ?? 0),
        unicast: (entry.type ?? UNICAST) === UNICAST,
      })
    }
    for (const rule of await ask<RuleEntry>(family, 'rule', 'show')) {
      rules.push({ priority: rule.priority, table: Number(rule.table ?? 0), forAll: isForAll(rule) })
    }
  }
  return {
    links: links.map(({ ifindex, ifname, linkinfo, master }) => ({
      index: ifindex,
      name: ifname,
      kind: linkinfo?.info_kind,
      master: indexOf(master),
    })),
    addresses: links.flatMap(addressesOf),
    routes,
    rules,
  }
}

/** Nothing of IPv6 if the host has none. */
async function ask<Entry>(...words: readonly string[]): Promise<Entry[]> {
  const asked = command('ip', ['-json', '-N', '-details', ...words])
  const shown = await (words[0] === '-6' ? asked.catch(() => '') : asked)
  return JSON.parse(shown || '[]') as Entry[]
}

function gatewayOf({ gateway, via }: Pick<RouteEntry, 'gateway' | 'via'>): Uint8Array[] {
  const address = parseIpAddress(gateway ?? via?.host ?? '')
  return address === undefined ? [] : [address]
}

function addressesOf({ addr_info = [], ifindex }: ShownLink): Shown['addresses'][number][] {
  return addr_info.flatMap(({ address, local, prefixlen }) => {
    const far = parseIpAddress(address ?? local ?? '')
    return far === undefined ? [] : [{ link: ifindex, network: { address: far, bits: prefixlen } }]
  })
}

function isForAll(rule: RuleEntry): boolean {
  const isInverted = rule.not !== undefined
  const others = Object.entries(rule).filter(([name]) => !FOR_ALL.includes(name))
  return others.length === 0 && (rule.src ?? 'all') === 'all' && (rule.fwmark !== undefined) === isInverted
}
