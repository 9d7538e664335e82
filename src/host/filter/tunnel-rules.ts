import type { IpPrefix } from '../../core/ip/ip-prefix.js'
import type { ChildMatch, FirewallSettings } from './filter-settings.js'

/** What a packet has to be like: all that is given, and one of what a list gives. */
export interface Match {
  /** Absent for both. */
  readonly family?: 4 | 6
  /** Of the transport. */
  readonly protocols?: readonly ('tcp' | 'udp')[]
  /** UDP from this port to that one. */
  readonly ports?: readonly [from: number, to: number]
  /** Over UDP, to this port. */
  readonly toPort?: number
  /** From a program of these, or to it. */
  readonly child?: ChildMatch
  /** Messages of neighbour discovery. */
  readonly discovery?: readonly Discovery[]
  /** The interfaces that it came by, and that it leaves by. */
  readonly from?: readonly string[]
  readonly notFrom?: string
  readonly to?: readonly string[]
  readonly notTo?: string
  /** From another host, and not by this device. */
  readonly notByTunnel?: string
  /** Ranges of addresses, all of one family. */
  readonly source?: readonly string[]
  readonly destination?: readonly string[]
  /** Whether its connection begins with it, or it belongs to one that others began. */
  readonly state?: 'new' | 'known'
  readonly mark?: number
  /** The mark of its connection. */
  readonly connection?: number
  readonly notConnection?: number
  /** From no address of this host. */
  readonly isForeign?: true
  /** To an address of this host. */
  readonly isForHost?: true
}

/** Messages of RFC 4861, as nftables calls them. */
export type Discovery = 'nd-router-solicit' | 'nd-neighbor-solicit' | 'nd-neighbor-advert'

/** What becomes of a packet. What is marked goes on. */
export type Verdict =
  | 'accept'
  | 'drop'
  | 'masquerade'
  | 'mark as its connection'
  | 'mark its connection as itself'
  | { readonly mark: number }
  | { readonly connection: number }
  | { readonly redirect: number }

export interface Rule extends Match {
  readonly verdict: Verdict
}

/**
 * Where packets pass: all that arrive (`inner` before `answers`), those that leave (`carrier`), those of this host itself
 * (`inbound` before `output`), those that it forwards, and those whose address may change. Of programs that pass beside the
 * tunnel: what calls them (`called`), what they send (`beside`), what they ask about names, and the address that they send from.
 */
export type ChainName =
  | 'inner'
  | 'answers'
  | 'carrier'
  | 'inbound'
  | 'output'
  | 'forward'
  | 'nat'
  | ChildChainName
type ChildChainName = 'called' | 'beside' | 'names' | 'address'

/** Rules that are tried in their order. */
export interface FilterChain {
  readonly name: ChainName
  /** Drops what no rule accepts. */
  readonly isClosed?: true
  readonly rules: readonly Rule[]
}

/**
 * What a host has to send for it to have a network at all: neighbour discovery (RFC 4861), which for IPv4 is no
 * packet that the filter sees, and the renewal of its addresses.
 */
const NETWORK_UPKEEP: readonly Rule[] = [
  {
    family: 6,
    discovery: ['nd-router-solicit', 'nd-neighbor-solicit', 'nd-neighbor-advert'],
    verdict: 'accept',
  },
  { family: 4, ports: [68, 67], verdict: 'accept' },
  { family: 6, ports: [546, 547], verdict: 'accept' },
]

/** The packet filter of a tunnel, whatever has the kernel filter; empty if the settings need none. */
export function tunnelRules(settings: FirewallSettings): FilterChain[] {
  return [
    ...fullTunnelChains(settings),
    ...killSwitchChains(settings),
    ...natChains(settings),
    ...childChains(settings),
  ]
}

/**
 * As wg-quick has them. Nobody on another network reaches the inner addresses, since the tunnel's packets would tell
 * of them; and what answers to the carrier's packets is marked before the kernel checks by which way it came.
 */
function fullTunnelChains(settings: FirewallSettings): FilterChain[] {
  const { fullTunnel, device, addresses, inboundMark = 0, isLed, mark } = settings
  const isFull = fullTunnel.ipv4 || fullTunnel.ipv6
  if (!isFull && !isLed && inboundMark === 0) return []
  const inner = addresses.map(
    (address): Rule => ({
      family: address.includes(':') ? 6 : 4,
      notFrom: device,
      destination: [address],
      isForeign: true,
      verdict: 'drop',
    }),
  )
  const carrier: Rule = {
    protocols: ['tcp', 'udp'],
    mark,
    ...(inboundMark !== 0 && { notConnection: inboundMark }),
    verdict: 'mark its connection as itself',
  }
  const answers: Rule = { connection: mark, verdict: 'mark as its connection' }
  return [
    ...(isFull ? [{ name: 'inner', rules: inner } as const] : []),
    { name: 'answers', rules: [answers, ...inboundRules(settings)] },
    { name: 'carrier', rules: [carrier] },
    ...(inboundMark === 0 ? [] : [{ name: 'inbound', rules: [answerRule(inboundMark, mark)] } as const]),
  ]
}

/**
 * What others begin with this host itself is marked, so that its packets take the carrier's way: never what is forwarded for
 * others, but for services that the host passes on, and never what comes by the tunnel.
 */
function inboundRules({ device, inboundMark = 0, mark }: FirewallSettings): Rule[] {
  if (inboundMark === 0) return []
  return [
    {
      notByTunnel: device,
      state: 'new',
      connection: 0,
      isForHost: true,
      verdict: { connection: inboundMark },
    },
    answerRule(inboundMark, mark),
  ]
}

function answerRule(inboundMark: number, mark: number): Rule {
  return { connection: inboundMark, verdict: { mark } }
}

function killSwitchChains(settings: FirewallSettings): FilterChain[] {
  const { excluded, inboundMark = 0, killSwitch, lan, device, mark } = settings
  if (!killSwitch) return []
  const outside = byFamily(excluded)
  const local = lan.interfaces.length === 0 ? [] : byFamily(lan.ranges)
  const to = lan.interfaces
  const accepted = (matches: readonly Match[]) =>
    matches.map((match): Rule => ({ ...match, verdict: 'accept' }))
  const leaving: readonly Match[] = [
    { to: ['lo', device] },
    { mark },
    ...outside.map(({ family, ranges }) => ({ family, destination: ranges })),
    ...local.map(({ family, ranges }) => ({ family, to, destination: ranges })),
  ]
  const passing: readonly Match[] = [
    { from: [device] },
    { to: [device] },
    ...(inboundMark === 0 ? [] : [{ connection: inboundMark }]),
    ...outside.flatMap(({ family, ranges }) => [
      { family, destination: ranges },
      { family, source: ranges, state: 'known' } as const,
    ]),
    // From one network of the host to another, as to its containers.
    ...local.map(({ family, ranges }) => ({ family, to, source: ranges, destination: ranges })),
  ]
  return [
    { name: 'output', isClosed: true, rules: [...accepted(leaving), ...NETWORK_UPKEEP] },
    { name: 'forward', isClosed: true, rules: accepted(passing) },
  ]
}

function natChains({ nat, device }: FirewallSettings): FilterChain[] {
  return nat ? [{ name: 'nat', rules: [{ from: [device], notTo: device, verdict: 'masquerade' }] }] : []
}

/**
 * Programs that pass beside the tunnel send with the mark of its carrier. They chose their way before they had it: those that are
 * known by their group then send from an inner address, which nobody outside could answer. What calls such a program is marked,
 * too, since the first answer is the kernel's own.
 */
function childChains({ addresses, childNames, children, device, mark }: FirewallSettings): FilterChain[] {
  if (children === undefined || mark === 0) return []
  const child = children
  const own = addresses.map(
    (address): Rule => ({
      family: address.includes(':') ? 6 : 4,
      mark,
      source: [address],
      notTo: 'lo',
      verdict: 'masquerade',
    }),
  )
  const called: Rule[] = [
    { child, notByTunnel: device, state: 'new', verdict: { connection: mark } },
    { child, notByTunnel: device, verdict: { mark } },
  ]
  const beside: Rule[] = [
    { child, notTo: 'lo', verdict: { mark } },
    { connection: mark, notTo: 'lo', verdict: { mark } },
  ]
  return [
    ...('cgroup' in child ? [{ name: 'called', rules: called } as const] : []),
    { name: 'beside', rules: beside },
    ...(childNames === undefined
      ? []
      : [{ name: 'names', rules: [{ child, toPort: 53, verdict: { redirect: childNames } }] } as const]),
    ...('cgroup' in child ? [{ name: 'address', rules: own } as const] : []),
  ]
}

/** The ranges of each family that has any, which do not overlap. */
function byFamily(
  prefixes: readonly IpPrefix[],
): { readonly family: 4 | 6; readonly ranges: readonly string[] }[] {
  return ([4, 6] as const)
    .map((family) => ({
      family,
      ranges: prefixes
        .filter(({ address }) => (address.length === 16) === (family === 6))
        .map(({ text }) => text),
    }))
    .filter(({ ranges }) => ranges.length > 0)
}
