import { posix } from 'node:path'
import type { ChildMatch, FirewallSettings } from './filter-settings.js'
import { type ChainName, type FilterChain, type Rule, tunnelRules, type Verdict } from './tunnel-rules.js'

/** Where the kernel calls each chain. */
const HOOKS: Readonly<Record<ChainName, string>> = {
  inner: 'type filter hook prerouting priority -300',
  answers: 'type filter hook prerouting priority -150',
  carrier: 'type filter hook postrouting priority -150',
  inbound: 'type route hook output priority -150',
  output: 'type filter hook output priority 0',
  forward: 'type filter hook forward priority 0',
  nat: 'type nat hook postrouting priority 100',
  called: 'type filter hook prerouting priority -150',
  beside: 'type route hook output priority -150',
  names: 'type nat hook output priority -100',
  address: 'type nat hook postrouting priority 100',
}

/** The table of nftables that is a device's own. */
export function nftTable(device: string): string {
  return `qanat-${device}`
}

/** The script for `nft -f`, in a table of its own; undefined if the settings need none. */
export function nftScript(settings: FirewallSettings): string | undefined {
  const chains = tunnelRules(settings)
  if (chains.length === 0) return undefined
  const table = `table inet ${nftTable(settings.device)}`
  // Adding it before it is deleted makes that right whether it is there or not.
  return `${table}\ndelete ${table}\n${table} {\n${chains.map(chainText).join('\n')}\n}\n`
}

function chainText({ isClosed, name, rules }: FilterChain): string {
  const hook = `${HOOKS[name]}${isClosed ? '; policy drop' : ''}`
  return [` chain ${name} {`, ...[hook, ...rules.map(ruleText)].map((line) => `  ${line}`), ' }'].join('\n')
}

function ruleText(rule: Rule): string {
  const { connection, destination, discovery, from, mark, notByTunnel, notConnection, notFrom, notTo } = rule
  const { child, family, isForeign, isForHost, ports, protocols, source, state, to, toPort, verdict } = rule
  const ip = family === 6 ? 'ip6' : 'ip'
  const parts = [
    discovery && `icmpv6 type ${oneOf(discovery)}`,
    child && childText(child),
    protocols && `meta l4proto ${oneOf(protocols)}`,
    ports && `udp sport ${ports[0]} udp dport ${ports[1]}`,
    toPort !== undefined && `udp dport ${toPort}`,
    from && `iifname ${named(from)}`,
    notFrom && `iifname != "${notFrom}"`,
    notByTunnel && `iifname != { "lo", "${notByTunnel}" }`,
    to && `oifname ${named(to)}`,
    notTo && `oifname != "${notTo}"`,
    source && `${ip} saddr ${oneOf(source)}`,
    destination && `${ip} daddr ${oneOf(destination)}`,
    state && `ct state ${state === 'new' ? 'new' : '{ established, related }'}`,
    mark !== undefined && `meta mark ${mark}`,
    connection !== undefined && `ct mark ${connection}`,
    notConnection !== undefined && `ct mark != ${notConnection}`,
    isForeign && 'fib saddr type != local',
    isForHost && 'fib daddr type local',
    verdictText(verdict),
  ]
  return parts.filter((part) => typeof part === 'string').join(' ')
}

function verdictText(verdict: Verdict): string {
  if (verdict === 'mark as its connection') return 'meta mark set ct mark'
  if (verdict === 'mark its connection as itself') return 'ct mark set meta mark'
  if (typeof verdict === 'string') return verdict
  if ('redirect' in verdict) return `redirect to :${verdict.redirect}`
  return 'mark' in verdict ? `meta mark set ${verdict.mark}` : `ct mark set ${verdict.connection}`
}

/** What `nft` calls programs whose packets pass beside the tunnel. */
export function childText(child: ChildMatch): string {
  if ('user' in child) return `meta skuid ${child.user}`
  const level = child.cgroup.split('/').length
  return `socket cgroupv2 level ${level} "${posix.join(child.mount, child.cgroup)}"`
}

function named(interfaces: readonly string[]): string {
  return oneOf(interfaces.map((name) => `"${name}"`))
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? values[0]! : `{ ${values.join(', ')} }`
}
