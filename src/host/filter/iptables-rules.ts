import type { ChildMatch, FirewallSettings } from './filter-settings.js'
import {
  type ChainName,
  type Discovery,
  type FilterChain,
  type Rule,
  tunnelRules,
  type Verdict,
} from './tunnel-rules.js'

/** A family of IP, as the programs of iptables come in two. */
export type Family = 'ip' | 'ip6'

/** A chain of a tunnel's own, and the chain of the kernel that leads there first. */
export interface IptablesChain {
  readonly table: string
  readonly hook: string
  readonly name: string
  /** Each behind `-A NAME`. */
  readonly rules: readonly string[]
}

/** Where the kernel calls each chain, and the letter that stands for it. */
const HOOKS: Readonly<
  Record<
    Exclude<ChainName, 'called'>,
    { readonly table: string; readonly hook: string; readonly letter: string }
  >
> = {
  output: { table: 'filter', hook: 'OUTPUT', letter: 'o' },
  forward: { table: 'filter', hook: 'FORWARD', letter: 'f' },
  inner: { table: 'raw', hook: 'PREROUTING', letter: 'i' },
  answers: { table: 'mangle', hook: 'PREROUTING', letter: 'a' },
  carrier: { table: 'mangle', hook: 'POSTROUTING', letter: 'c' },
  inbound: { table: 'mangle', hook: 'OUTPUT', letter: 'b' },
  nat: { table: 'nat', hook: 'POSTROUTING', letter: 'n' },
  beside: { table: 'mangle', hook: 'OUTPUT', letter: 'd' },
  names: { table: 'nat', hook: 'OUTPUT', letter: 'q' },
  address: { table: 'nat', hook: 'POSTROUTING', letter: 's' },
}
/** Tables change one after another: what drops comes first. */
const TABLES = ['filter', 'raw', 'mangle', 'nat']

/**
 * The bit of a mark that forwarded packets of the tunnel have on their last way through the kernel: iptables, unlike
 * nftables, does not know there by which interface they came. Others use 0x4000 and 0x8000 (Kubernetes), and the upper half.
 * What carries a tunnel may be marked with it, too, and never comes from elsewhere.
 */
const FROM_TUNNEL = '0x2000/0x2000'

/** Types of ICMPv6. RFC 4861 */
const DISCOVERY: Readonly<Record<Discovery, number>> = {
  'nd-router-solicit': 133,
  'nd-neighbor-solicit': 135,
  'nd-neighbor-advert': 136,
}

const VERDICTS: Readonly<Record<Extract<Verdict, string>, string>> = {
  accept: 'RETURN', // to the chain that led here, for the user's own rules to judge
  drop: 'DROP',
  masquerade: 'MASQUERADE',
  'mark as its connection': 'CONNMARK --restore-mark',
  'mark its connection as itself': 'CONNMARK --save-mark',
}

/** What the chains of a tunnel are called. */
export function ownChains(device: string): RegExp {
  return new RegExp(`^qanat-${device.replaceAll('.', '\\.')}-[a-z]$`)
}

/** The rules of a tunnel for one family. */
export function iptablesChains(settings: FirewallSettings, family: Family): IptablesChain[] {
  const { device } = settings
  return tunnelRules(settings)
    .flatMap((chain) => chainsOf(device, chain, family))
    .sort((one, other) => TABLES.indexOf(one.table) - TABLES.indexOf(other.table))
}

/** Iptables does not know whose a packet is that arrives. */
function chainsOf(device: string, { isClosed, name, rules }: FilterChain, family: Family): IptablesChain[] {
  if (name === 'nat') return natChains(device)
  if (name === 'called') return []
  const { letter, ...place } = HOOKS[name]
  const version = family === 'ip' ? 4 : 6
  const own = rules.filter((rule) => (rule.family ?? version) === version).flatMap(ruleTexts)
  return [{ ...place, name: `qanat-${device}-${letter}`, rules: [...own, ...(isClosed ? ['-j DROP'] : [])] }]
}

/** Marks what came by the tunnel while that is known, and gives it the host's address by the mark. */
function natChains(device: string): IptablesChain[] {
  const { letter, ...place } = HOOKS.nat
  return [
    {
      ...{ table: 'mangle', hook: 'FORWARD', name: `qanat-${device}-m` },
      rules: [`-i ${device} ! -o ${device} -j MARK --set-xmark ${FROM_TUNNEL}`],
    },
    {
      ...{ ...place, name: `qanat-${device}-${letter}` },
      rules: [`-m mark --mark ${FROM_TUNNEL} -m addrtype ! --src-type LOCAL -j MASQUERADE`],
    },
  ]
}

/** A rule has one value of each kind, so that lists take several. */
function ruleTexts(rule: Rule): string[] {
  const { connection, destination, discovery, from, mark, notByTunnel, notConnection, notFrom, notTo } = rule
  const { child, isForeign, isForHost, ports, protocols, source, state, to, toPort, verdict } = rule
  const notFromIt = notFrom ?? notByTunnel
  // What comes by the loopback interface comes from this host.
  const types = [(isForeign || notByTunnel) && '! --src-type LOCAL', isForHost && '--dst-type LOCAL']
  const type = types.filter((part) => typeof part === 'string').join(' ')
  const alternatives = [
    discovery?.map((message) => `-p icmpv6 --icmpv6-type ${DISCOVERY[message]}`),
    protocols?.map((protocol) => `-p ${protocol}`),
    ports && [`-p udp --sport ${ports[0]} --dport ${ports[1]}`],
    toPort !== undefined && [`-p udp --dport ${toPort}`],
    from?.map((name) => `-i ${name}`),
    notFromIt && [`! -i ${notFromIt}`],
    to?.map((name) => `-o ${name}`),
    notTo && [`! -o ${notTo}`],
    source?.map((range) => `-s ${range}`),
    destination?.map((range) => `-d ${range}`),
    type && [`-m addrtype ${type}`],
    state && [`-m conntrack --ctstate ${state === 'new' ? 'NEW' : 'ESTABLISHED,RELATED'}`],
    child && [childText(child)],
    mark !== undefined && [`-m mark --mark ${mark}`],
    connection !== undefined && [`-m connmark --mark ${connection}`],
    notConnection !== undefined && [`-m connmark ! --mark ${notConnection}`],
    [`-j ${verdictText(verdict)}`],
  ]
  return alternatives
    .filter((texts) => typeof texts === 'object')
    .reduce<string[][]>((begun, texts) => begun.flatMap((one) => texts.map((text) => [...one, text])), [[]])
    .map((parts) => parts.join(' '))
}

function verdictText(verdict: Verdict): string {
  if (typeof verdict === 'string') return VERDICTS[verdict]
  if ('redirect' in verdict) return `REDIRECT --to-ports ${verdict.redirect}`
  return 'mark' in verdict ? `MARK --set-xmark ${verdict.mark}` : `CONNMARK --set-xmark ${verdict.connection}`
}

function childText(child: ChildMatch): string {
  if ('user' in child) return `-m owner --uid-owner ${child.user}`
  return `-m cgroup --path /${child.cgroup}`
}
