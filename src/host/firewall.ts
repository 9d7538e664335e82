import { asError } from '../core/api/errors.js'
import type { IpPrefix } from '../core/ip/ip-prefix.js'
import { Turns } from '../core/time/turns.js'
import { findProgram } from '../native/process/programs.js'
import type { FilterWay, FirewallSettings } from './filter/filter-settings.js'
import { hasIptables, Iptables } from './filter/iptables.js'
import { command, wasGone } from './programs/command.js'
import type { Journal } from './record/journal.js'

/**
 * What a host has to send for it to have a network at all: neighbour discovery (RFC 4861), which for IPv4 is no
 * packet that the filter sees, and the renewal of its addresses.
 */
const NETWORK_UPKEEP = [
  'icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } accept',
  'udp sport 68 udp dport 67 accept',
  'udp sport 546 udp dport 547 accept',
]

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
    if (firewallRules(settings) === undefined) return undefined
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
      const rules = firewallRules(settings)
      if (rules === undefined || rules === firewallRules(this.#settings)) return
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
    await command('nft', ['-f', '-'], firewallRules(settings))
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
  const table = tableOf(settings.device)
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

/** The script for `nft -f`, in a table of its own; undefined if the settings need none. */
export function firewallRules(settings: FirewallSettings): string | undefined {
  const chains = [...fullTunnelChains(settings), ...killSwitchChains(settings), ...natChains(settings)]
  if (chains.length === 0) return undefined
  const table = `table inet ${tableOf(settings.device)}`
  // Adding it before it is deleted makes that right whether it is there or not.
  return `${table}\ndelete ${table}\n${table} {\n${chains.join('\n')}\n}\n`
}

function tableOf(device: string): string {
  return `qanat-${device}`
}

/**
 * As wg-quick has them. Nobody on another network reaches the inner addresses, since the tunnel's packets would tell
 * of them; and what answers to the carrier's packets is marked before the kernel checks by which way it came.
 */
function fullTunnelChains(settings: FirewallSettings): string[] {
  const { fullTunnel, device, addresses, inboundMark = 0, isLed, mark } = settings
  const isFull = fullTunnel.ipv4 || fullTunnel.ipv6
  if (!isFull && !isLed && inboundMark === 0) return []
  const foreign = addresses.map((address) => {
    const family = address.includes(':') ? 'ip6' : 'ip'
    return `iifname != "${device}" ${family} daddr ${address} fib saddr type != local drop`
  })
  return [
    ...(isFull ? [chain('inner', 'type filter hook prerouting priority -300', foreign)] : []),
    chain('answers', 'type filter hook prerouting priority -150', [
      `ct mark ${mark} meta mark set ct mark`,
      ...inboundRules(settings),
    ]),
    chain('carrier', 'type filter hook postrouting priority -150', [
      `meta l4proto { tcp, udp } meta mark ${mark}${inboundMark === 0 ? '' : ` ct mark != ${inboundMark}`} ct mark set meta mark`,
    ]),
    ...(inboundMark === 0
      ? []
      : [
          chain('inbound', 'type route hook output priority -150', [
            `ct mark ${inboundMark} meta mark set ${mark}`,
          ]),
        ]),
  ]
}

/**
 * What others begin with this host itself is marked, so that its packets take the carrier's way: never what is forwarded for
 * others, but for services that the host passes on, and never what comes by the tunnel.
 */
function inboundRules({ device, inboundMark = 0, mark }: FirewallSettings): string[] {
  if (inboundMark === 0) return []
  return [
    `iifname != { "lo", "${device}" } ct state new ct mark 0 fib daddr type local ct mark set ${inboundMark}`,
    `ct mark ${inboundMark} meta mark set ${mark}`,
  ]
}

function killSwitchChains(settings: FirewallSettings): string[] {
  const { excluded, inboundMark = 0, killSwitch, lan, device, mark } = settings
  if (!killSwitch) return []
  const outside = setsOf(excluded)
  const local = setsOf(lan.ranges)
  const interfaces = `{ ${lan.interfaces.map((name) => `"${name}"`).join(', ')} }`
  return [
    chain('output', 'type filter hook output priority 0; policy drop', [
      `oifname { "lo", "${device}" } accept`,
      `meta mark ${mark} accept`,
      ...outside.map(({ family, set }) => `${family} daddr ${set} accept`),
      ...local.map(({ family, set }) => `oifname ${interfaces} ${family} daddr ${set} accept`),
      ...NETWORK_UPKEEP,
    ]),
    chain('forward', 'type filter hook forward priority 0; policy drop', [
      `iifname "${device}" accept`,
      `oifname "${device}" accept`,
      ...(inboundMark === 0 ? [] : [`ct mark ${inboundMark} accept`]),
      ...outside.flatMap(({ family, set }) => [
        `${family} daddr ${set} accept`,
        `${family} saddr ${set} ct state { established, related } accept`,
      ]),
      // From one network of the host to another, as to its containers.
      ...local.map(
        ({ family, set }) => `oifname ${interfaces} ${family} saddr ${set} ${family} daddr ${set} accept`,
      ),
    ]),
  ]
}

function natChains({ nat, device }: FirewallSettings): string[] {
  if (!nat) return []
  return [
    chain('nat', 'type nat hook postrouting priority 100', [
      `iifname "${device}" oifname != "${device}" masquerade`,
    ]),
  ]
}

/** The ranges of each family that has any, which do not overlap. */
function setsOf(ranges: readonly IpPrefix[]): { readonly family: 'ip' | 'ip6'; readonly set: string }[] {
  const families = [
    { family: 'ip', bytes: 4 },
    { family: 'ip6', bytes: 16 },
  ] as const
  return families
    .map(({ bytes, family }) => ({
      family,
      ranges: ranges.filter(({ address }) => address.length === bytes),
    }))
    .filter(({ ranges }) => ranges.length > 0)
    .map(({ family, ranges }) => ({ family, set: `{ ${ranges.map(({ text }) => text).join(', ')} }` }))
}

function chain(name: string, hook: string, rules: readonly string[]): string {
  return [` chain ${name} {`, ...[hook, ...rules].map((line) => `  ${line}`), ' }'].join('\n')
}
