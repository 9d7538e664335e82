import { nameShown } from '../../config/check/problems.js'
import type { PeerId } from '../../core/api/cipher.js'
import type { PeerConfig, TunnelConfig } from '../../core/api/config.js'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import type { IpPrefix } from '../../core/ip/ip-prefix.js'
import { prefixKey } from '../../core/ip/prefix-bits.js'
import type { HostSettings } from '../../core/settings/host-settings.js'
import type { PluginTable } from '../../core/settings/plugin-options.js'
import { localPort } from '../carriers/udp-ports.js'

/**
 * What may change while a tunnel runs; all else that a configuration holds stays as it was at its start.
 */
const CHANGING = [
  'peers',
  'peerRoutes',
  'excluded',
  'allowLan',
  'answerInbound',
  'around',
  'privateKey',
  'isolateClients',
  'tun',
  'hooksAs',
  'file',
  'rehearsal', // only a start reads it
  'listen',
  'transports',
] as const satisfies (keyof TunnelConfig)[]
type Changing = (typeof CHANGING)[number]

/** How users know the parts of a configuration that stay. What is not among them is called as it is in the code. */
const FIXED: Readonly<Record<Exclude<keyof TunnelConfig, Changing>, string>> = {
  cipher: 'the cipher',
  key: 'the shared key',
  host: 'how the host is led into the tunnel (default routes, fwmark, underlay-routes)',
  journal: 'where that is noted',
  tunDriver: 'the TUN driver',
  mtuFollows: 'the MTU',
  mtuByOthers: 'the MTU',
  plugins: 'the plugins',
  packetHooks: 'the packet hooks (hooks)',
  pluginOptions: 'where the paths of the options of plugins begin',
}
const FIXED_OF_DEVICE: Readonly<Record<string, string>> = {
  name: "the TUN device's name",
  mtu: 'the MTU',
  addresses: 'the inner addresses of this end',
  routingTable: 'the routing table',
  namespace: 'the network namespace',
}

/** What differs between two configurations and cannot change while a tunnel runs, as users know it. */
export function fixedChanges(before: TunnelConfig, after: TunnelConfig): string[] {
  const names = (one: object, other: object) => [...new Set([...Object.keys(one), ...Object.keys(other)])]
  const differs = (name: string, one: object, other: object) =>
    JSON.stringify(one[name as never]) !== JSON.stringify(other[name as never])
  const [fixedBefore, fixedAfter] = [withoutChanging(before), withoutChanging(after)]
  const changing: readonly string[] = CHANGING
  const top = names(before, after)
    .filter((name) => !changing.includes(name) && differs(name, fixedBefore, fixedAfter))
    .map((name) => FIXED[name as keyof typeof FIXED] ?? name)
  const device = names(before.tun, after.tun)
    .filter((name) => name !== 'routes' && differs(name, fixedBefore.tun, fixedAfter.tun))
    .map((name) => FIXED_OF_DEVICE[name] ?? name)
  return [...new Set([...top, ...device])]
}

/** The options of plugins that differ, by plugin, in whichever order they are told, as files have them. */
export function optionChanges(before: TunnelConfig, after: TunnelConfig): Map<string, readonly string[]> {
  const [old, next] = [before, after].map(({ pluginOptions }) => pluginOptions?.tables ?? {})
  const names = [...new Set([...Object.keys(old!), ...Object.keys(next!)])]
  const changes = names.map((plugin) => {
    const [said, says] = [old![plugin], next![plugin]].map((table) => new Map(saidOptions(table)))
    const keys = [...new Set([...said!.keys(), ...says!.keys()])].toSorted()
    const changed = keys.filter((key) => said!.get(key) !== says!.get(key))
    return [plugin, changed.map((key) => `${nameShown(key)} in [plugin.${plugin}]`)] as const
  })
  return new Map(changes.filter(([, changed]) => changed.length > 0))
}

function saidOptions(table: PluginTable | undefined): [key: string, value: string][] {
  return Object.entries({ ...table?.values, ...table?.secrets }).map(([key, value]) => [
    key,
    JSON.stringify(value),
  ])
}

/** What of a host may change while a tunnel runs. */
const CHANGING_ON_HOST = [
  'dns',
  'forward',
  'hooks',
  'killSwitch',
  'nat',
] as const satisfies (keyof HostSettings)[]

/** A configuration without what may change within its parts: the host, and an MTU that follows nothing. */
function withoutChanging(config: TunnelConfig): TunnelConfig {
  const host = config.host && {
    ...config.host,
    ...Object.fromEntries(CHANGING_ON_HOST.map((name) => [name, undefined])),
  }
  return {
    ...config,
    tun: config.mtuFollows ? config.tun : { ...config.tun, mtu: 0 },
    host: host as HostSettings | undefined,
    pluginOptions: config.pluginOptions && { ...config.pluginOptions, tables: {} },
  }
}

/** Whether transports are to go by something else: certificates, proxies, limits, or the port of UDP. */
export function changesTransports(before: TunnelConfig, after: TunnelConfig): boolean {
  const settingsOf = ({ listen, transports }: TunnelConfig) =>
    JSON.stringify([{ ...transports, mark: undefined }, localPort(listen)])
  return settingsOf(before) !== settingsOf(after)
}

/** A peer that is there before and after. */
export interface PeerChange {
  readonly before: PeerConfig
  readonly after: PeerConfig
}

type PeersAndKey = Pick<TunnelConfig, 'peers' | 'privateKey'>

/** What becomes of the own private key. */
export interface KeyChange {
  readonly before: string | undefined
  readonly after: string | undefined
}

/** What becomes of the peers. */
export interface PeerChanges {
  /** The own private key; absent if it stays. */
  readonly ownKey?: KeyChange | undefined
  /** Those that stay, with the keys of before. */
  readonly staying: readonly PeerConfig[]
  readonly added: readonly PeerConfig[]
  readonly removed: readonly PeerId[]
  readonly changed: readonly PeerChange[]
}

/** What becomes of the peers, and of the key that they know this end by. */
export function peerChanges(
  { peers: before, privateKey: keyBefore }: PeersAndKey,
  { peers: after, privateKey: keyAfter }: PeersAndKey,
): PeerChanges {
  const known = new Map(before.map((peer) => [peer.id, peer]))
  const kept = new Set(after.map(({ id }) => id))
  const changed: PeerChange[] = []
  for (const peer of after) {
    const old = known.get(peer.id)
    if (old !== undefined && JSON.stringify(old) !== JSON.stringify(peer)) {
      changed.push({ before: old, after: peer })
    }
  }
  return {
    ownKey: keyBefore === keyAfter ? undefined : { before: keyBefore, after: keyAfter },
    staying: before.filter(({ id }) => kept.has(id)),
    added: after.filter(({ id }) => !known.has(id)),
    removed: before.map(({ id }) => id).filter((id) => !kept.has(id)),
    changed,
  }
}

/** What users call the peers that came, went and changed from one configuration to another: by name, or by key. */
export interface NamedChanges {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
}

/** What becomes of the peers, for users. */
export function namedChanges(before: PeersAndKey, after: PeersAndKey): NamedChanges {
  const { added, changed, removed } = peerChanges(before, after)
  const called = ({ id, name }: PeerConfig) => name ?? id
  return {
    added: added.map(called),
    removed: before.peers.filter(({ id }) => removed.includes(id)).map(called),
    changed: changed.map((change) => called(change.after)),
  }
}

/** Whether a peer's keys or its keepalive changed: what the cipher knows. */
export function changesKeys({ before, after }: PeerChange): boolean {
  return before.presharedKey !== after.presharedKey || (before.keepalive ?? 0) !== (after.keepalive ?? 0)
}

/** The peers that stay of which a cipher was told other keys, another own key or another keepalive. */
export function rekeyedPeers({ changed, ownKey, staying }: PeerChanges): ReadonlySet<PeerId> {
  const rekeyed = ownKey === undefined ? changed.filter(changesKeys).map(({ after }) => after) : staying
  return new Set(rekeyed.map(({ id }) => id))
}

/** Whether the endpoints changed, or their order. */
export function changesEndpoints({ before, after }: PeerChange): boolean {
  return String(before.endpoints) !== String(after.endpoints)
}

/** Whether the peer is a member of a group that it was not of, or the other way round. */
export function changesGroup({ before, after }: PeerChange): boolean {
  return before.group?.name !== after.group?.name
}

/** What becomes of the routes. The networks of the device's own addresses are the kernel's, and stay. */
export function routeChanges(
  before: TunnelConfig['tun'],
  after: TunnelConfig['tun'],
): { readonly added: readonly IpPrefix[]; readonly removed: readonly IpPrefix[] } {
  const keyOf = ({ address, bits }: IpPrefix) => prefixKey(address, bits)
  const own = before.addresses.map(({ local, prefix }) => prefixKey(parseIpAddress(local)!, prefix))
  const [old, next] = [before.routes, after.routes].map((routes) => new Set(routes.map(keyOf)))
  return {
    added: after.routes.filter((route) => !old!.has(keyOf(route))),
    removed: before.routes.filter((route) => !next!.has(keyOf(route)) && !own.includes(keyOf(route))),
  }
}
