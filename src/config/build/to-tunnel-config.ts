import { MTU, type PeerConfig, SOLE_PEER, type TunnelConfig } from '../../core/api/config.js'
import type { TraitsOf } from '../../core/api/transport.js'
import type { TunAddress } from '../../core/api/tun-device.js'
import { networkOf } from '../../core/ip/ip-network.js'
import { EVERYTHING, type IpPrefix, parseIpPrefix } from '../../core/ip/ip-prefix.js'
import type { PartTraits } from '../../core/plugin/part-traits.js'
import { proxyFor } from '../../core/proxy/choose-proxy.js'
import { DEFAULT_CHOICE } from '../../core/settings/group-settings.js'
import { type PeerRoutes, routesTo } from '../../core/settings/peer-routes.js'
import type { PluginOptions } from '../../core/settings/plugin-options.js'
import { ANY_PORT } from '../../core/settings/ports.js'
import type { TlsPlace } from '../certificates/read-tls.js'
import { cipherOf } from '../schema/cipher-of.js'
import { SHARED_KEY_CIPHER } from '../schema/default-cipher.js'
import type { AnyModel, ConfigModel, PeerModel } from '../schema/model.js'
import { momentOf } from '../schema/moment.js'
import { parseListen, parsePeer } from '../schema/parse.js'
import { groupMembers } from './group-members.js'
import { hostSettings } from './host-settings.js'
import { pluginsOf } from './plugin-options.js'
import { pushedTo } from './pushed.js'
import { type Files, transportSettings } from './transport-settings.js'

/** The port is a free one, so that several tunnels get along on one host. */
const ANY_UDP_PORT = `udp://[::]:${ANY_PORT}`

/** What a model leaves to its source. */
export interface Surroundings extends TlsPlace {
  /** Reads what the model names. */
  readonly files: Files
  /** The device's name if the model has none; the kernel picks one if that is undefined, too. */
  readonly deviceName: string | undefined
  /** Whether a WireGuard listens by UDP at a free port if the model names none and no other transport, as wg does. */
  readonly takesFreePort: boolean
  readonly traits: PartTraits
  /** What the model says of the options of plugins, read; nothing if absent. */
  readonly pluginOptions?: PluginOptions | undefined
}

/**
 * What a tunnel is made of. Reads the files that the model names.
 *
 * @throws ConfigError if one of them cannot be read, or the model asks for what is not there, or a variable names a proxy
 *   that is none.
 */
export function toTunnelConfig(whole: AnyModel, surroundings: Surroundings): TunnelConfig {
  const model = { ...whole, peers: groupMembers(whole.peers).filter(({ disabled }) => disabled !== true) }
  const { deviceName, files, pluginOptions, takesFreePort, traits } = surroundings
  const { interface: own } = model
  const cipher = cipherOf(own) ?? SHARED_KEY_CIPHER
  const pushed = pushedTo(model)
  const { keys, peers: howMany } = traits.cipher(cipher) ?? {}
  // One of many owns what is said; the only one owns all there is.
  const unsaid = howMany === 'many' ? [] : EVERYTHING
  const peers = model.peers.map(
    (peer): PeerConfig => ({ ...peerConfig(peer, unsaid, files, traits.transport), push: pushed(peer) }),
  )
  const transports = transportSettings(model, files, surroundings, traits.transport)
  // What a variable holds is read now, so that nothing is dialled by half of it.
  for (const { endpoints } of peers) {
    for (const endpoint of endpoints) proxyFor(endpoint, transports.proxy, traits.transport)
  }
  return {
    cipher,
    key: own.key ?? optional(own.keyFile, files.key),
    privateKey: own.privateKey ?? optional(own.privateKeyFile, files.key),
    peers,
    peerRoutes: peerRoutes(own),
    allowLan: own.allowLan,
    answerInbound: own.answerInbound,
    excluded: own.exclude?.map((text) => networkOf(parseIpPrefix(text)!)),
    isolateClients: model.server?.isolateClients,
    listen: listenAt(model, takesFreePort && keys === 'private').map((text) =>
      parseListen(text, 'udp', traits.transport),
    ),
    transports,
    host: hostSettings(model),
    tunDriver: own.tunDriver,
    rehearsal: own.rehearsal,
    tun: {
      name: own.name ?? deviceName,
      mtu: own.mtu ?? MTU.default,
      addresses: addressesOf(own),
      routes: routesOf(model),
      namespace: own.namespace,
      routingTable: typeof own.table === 'number' ? own.table : undefined,
    },
    mtuFollows: own.mtu === undefined,
    pluginOptions,
    plugins: pluginsOf(model, files),
    packetHooks: own.hooks,
  }
}

/** An own address with the bits of its network, 10.0.0.1/24. */
function tunAddress(text: string): TunAddress {
  return { local: text.split('/')[0]!, peer: undefined, prefix: parseIpPrefix(text)!.bits }
}

/** With a far end's address, the first of the own ones is that of a point-to-point device. */
function addressesOf({ address = [], peerAddress }: AnyModel['interface']): readonly TunAddress[] {
  const [first, ...others] = address.map(tunAddress)
  return first === undefined ? [] : [{ ...first, peer: peerAddress }, ...others]
}

function peerConfig(
  peer: PeerModel,
  unsaid: readonly IpPrefix[],
  files: Files,
  traits: TraitsOf,
): PeerConfig {
  const {
    accept,
    allowedIps,
    choose = DEFAULT_CHOICE,
    endpoints = [],
    expires,
    group,
    keepalive,
    name,
    presharedKey,
    presharedKeyFile,
    publicKey,
    sharedIdentity,
  } = peer
  return {
    id: publicKey ?? SOLE_PEER,
    name,
    presharedKey: presharedKey ?? optional(presharedKeyFile, files.key),
    keepalive,
    allowed: allowedIps?.map((text) => parseIpPrefix(text)!) ?? unsaid,
    endpoints: endpoints.map((text) => parsePeer(text, 'udp', traits)),
    accepts: accept,
    ...(sharedIdentity === true && { sharedIdentity }),
    ...(group !== undefined && { group: { name: group, choose } }),
    ...(expires !== undefined && { expires: momentOf(expires) }),
  }
}

function listenAt({ interface: own, peers }: ConfigModel, takesFreePort: boolean): readonly string[] {
  const listen = own.listen ?? []
  const isUdp = (text: string) => text.startsWith('udp:')
  const dialled = peers.flatMap(({ endpoints = [] }) => endpoints)
  const isUsed = dialled.some(isUdp) || (dialled.length === 0 && listen.length === 0)
  return takesFreePort && isUsed && !listen.some(isUdp) ? [...listen, ANY_UDP_PORT] : listen
}

/** What peers own is reached by the tunnel, unless the file leaves that to its user. */
function peerRoutes({ table }: ConfigModel['interface']): PeerRoutes {
  if (table === 'off') return 'none'
  return typeof table === 'number' ? 'all' : 'but-default'
}

function routesOf({ interface: own, peers }: ConfigModel): readonly IpPrefix[] {
  const owned = peers.map(({ accept, allowedIps = [] }) => ({
    accepts: accept,
    allowed: allowedIps.map((text) => parseIpPrefix(text)!),
  }))
  const excluded = own.exclude?.map((text) => parseIpPrefix(text)!)
  return routesTo(owned, peerRoutes(own), excluded)
}

function optional<Value>(path: string | undefined, read: (path: string) => Value): Value | undefined {
  return path === undefined ? undefined : read(path)
}
