import type { IpPrefix } from '../../core/ip/ip-prefix.js'
import type { FirewallSettings } from './filter-settings.js'

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

/**
 * The bit of a mark that forwarded packets of the tunnel have on their last way through the kernel: iptables, unlike
 * nftables, does not know there by which interface they came. Others use 0x4000 and 0x8000 (Kubernetes), and the upper half.
 * What carries a tunnel may be marked with it, too, and never comes from elsewhere.
 */
const FROM_TUNNEL = '0x2000/0x2000'

/** What a host has to send for it to have a network at all, as firewall.ts says. */
const NETWORK_UPKEEP: Readonly<Record<Family, readonly string[]>> = {
  ip: ['-p udp --sport 68 --dport 67'],
  ip6: [
    ...[133, 135, 136].map((type) => `-p icmpv6 --icmpv6-type ${type}`),
    '-p udp --sport 546 --dport 547',
  ],
}

/** What the chains of a tunnel are called. */
export function ownChains(device: string): RegExp {
  return new RegExp(`^qanat-${device.replaceAll('.', '\\.')}-[a-z]$`)
}

/**
 * The same rules as nftables has, for one family. What is to pass goes on in the chain that led here, for the user's own
 * rules to judge.
 */
export function iptablesChains(settings: FirewallSettings, family: Family): IptablesChain[] {
  const { device, fullTunnel, inboundMark = 0, isLed, killSwitch, nat } = settings
  const isFull = fullTunnel.ipv4 || fullTunnel.ipv6
  const chain = (table: string, hook: string, letter: string, rules: readonly string[]): IptablesChain => ({
    ...{ table, hook, name: `qanat-${device}-${letter}` },
    rules,
  })
  const chains: IptablesChain[] = []
  if (killSwitch) {
    chains.push(chain('filter', 'OUTPUT', 'o', [...passing(outputs(settings, family)), '-j DROP']))
    chains.push(chain('filter', 'FORWARD', 'f', [...passing(forwards(settings, family)), '-j DROP']))
  }
  if (isFull) chains.push(chain('raw', 'PREROUTING', 'i', inner(settings, family)))
  if (isFull || isLed || inboundMark !== 0) {
    const { mark } = settings
    const others = inboundMark === 0 ? '' : ` -m connmark ! --mark ${inboundMark}`
    chains.push(
      chain('mangle', 'PREROUTING', 'a', [
        `-m connmark --mark ${mark} -j CONNMARK --restore-mark`,
        ...inboundRules(settings),
      ]),
      chain(
        'mangle',
        'POSTROUTING',
        'c',
        ['tcp', 'udp'].map(
          (protocol) => `-p ${protocol} -m mark --mark ${mark}${others} -j CONNMARK --save-mark`,
        ),
      ),
    )
  }
  if (inboundMark !== 0) chains.push(chain('mangle', 'OUTPUT', 'b', [answerRule(settings)]))
  if (nat) {
    chains.push(
      chain('mangle', 'FORWARD', 'm', [`-i ${device} ! -o ${device} -j MARK --set-xmark ${FROM_TUNNEL}`]),
      chain('nat', 'POSTROUTING', 'n', [
        `-m mark --mark ${FROM_TUNNEL} -m addrtype ! --src-type LOCAL -j MASQUERADE`,
      ]),
    )
  }
  return chains
}

/** As firewall.ts says; what comes by the loopback interface comes from this host. */
function inboundRules(settings: FirewallSettings): string[] {
  const { device, inboundMark = 0 } = settings
  if (inboundMark === 0) return []
  const stranger = `! -i ${device} -m addrtype ! --src-type LOCAL --dst-type LOCAL`
  const first = '-m conntrack --ctstate NEW -m connmark --mark 0'
  return [`${stranger} ${first} -j CONNMARK --set-xmark ${inboundMark}`, answerRule(settings)]
}

function answerRule({ inboundMark, mark }: FirewallSettings): string {
  return `-m connmark --mark ${inboundMark} -j MARK --set-xmark ${mark}`
}

function passing(matches: readonly string[]): string[] {
  return matches.map((match) => `${match} -j RETURN`)
}

function inner({ addresses, device }: FirewallSettings, family: Family): string[] {
  return addresses
    .filter((address) => address.includes(':') === (family === 'ip6'))
    .map((address) => `! -i ${device} -d ${address} -m addrtype ! --src-type LOCAL -j DROP`)
}

function outputs({ device, excluded, lan, mark }: FirewallSettings, family: Family): string[] {
  const local = rangesOf(lan.ranges, family)
  return [
    '-o lo',
    `-o ${device}`,
    `-m mark --mark ${mark}`,
    ...rangesOf(excluded, family).map((range) => `-d ${range}`),
    ...lan.interfaces.flatMap((name) => local.map((range) => `-o ${name} -d ${range}`)),
    ...NETWORK_UPKEEP[family],
  ]
}

function forwards({ device, excluded, inboundMark = 0, lan }: FirewallSettings, family: Family): string[] {
  const local = rangesOf(lan.ranges, family)
  const pairs = local.flatMap((from) => local.map((to) => `-s ${from} -d ${to}`))
  return [
    `-i ${device}`,
    `-o ${device}`,
    ...(inboundMark === 0 ? [] : [`-m connmark --mark ${inboundMark}`]),
    ...rangesOf(excluded, family).flatMap((range) => [
      `-d ${range}`,
      `-s ${range} -m conntrack --ctstate ESTABLISHED,RELATED`,
    ]),
    ...lan.interfaces.flatMap((name) => pairs.map((pair) => `-o ${name} ${pair}`)),
  ]
}

function rangesOf(ranges: readonly IpPrefix[], family: Family): string[] {
  return ranges
    .filter(({ address }) => (address.length === 16) === (family === 'ip6'))
    .map(({ text }) => text)
}
