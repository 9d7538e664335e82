import { basename, extname } from 'node:path'
import * as v from 'valibot'
import { ANY_PORT } from '../core/api/ports.js'
import { MTU, type PeerConfig, SOLE_PEER, type TunnelConfig } from '../core/config.js'
import { networkOf } from '../core/ip-network.js'
import { EVERYTHING, type IpPrefix, parseIpPrefix } from '../core/ip-prefix.js'
import { cipherOf } from './cipher-of.js'
import { handing } from './handing.js'
import { hostSettings } from './host-settings.js'
import type { ConfigModel, PeerModel } from './model.js'
import { parseAddress, parseListen, parsePeer } from './parse.js'
import { SHARED_KEY_CIPHER } from './schema/default-cipher.js'
import { type Files, transportSettings } from './transport-settings.js'
import { interfaceName } from './values.js'

/** What of a plugin's place is a path and no package. */
const PATH = /^\.{0,2}\//
/** Where WireGuard listens when it is not said: at a free port, so that several tunnels get along on one host. */
const ANY_UDP_PORT = `udp://[::]:${ANY_PORT}`

/**
 * What a tunnel is made of, from a file at `path` that was read as `model`. Reads the files that the model names.
 *
 * @throws ConfigError where one of them cannot be read, or the model asks for what is not there.
 */
export function toTunnelConfig(path: string, model: ConfigModel, files: Files): TunnelConfig {
  const { interface: own } = model
  const cipher = cipherOf(own) ?? SHARED_KEY_CIPHER
  const handed = handing(model)
  const peers = model.peers.map((peer) => ({ ...peerConfig(peer, cipher, files), hands: handed(peer) }))
  return {
    cipher,
    key: own.key ?? optional(own.keyFile, files.key),
    privateKey: own.privateKey ?? optional(own.privateKeyFile, files.key),
    peers,
    isolateClients: model.server?.isolateClients,
    listen: listenAt(model, cipher).map((text) => parseListen(text, 'udp')),
    transports: transportSettings(model, files),
    host: hostSettings(model),
    tunDriver: own.tunDriver,
    tun: {
      name: own.name ?? nameFrom(path),
      mtu: own.mtu ?? MTU.default,
      addresses: (own.address ?? []).map(parseAddress),
      routes: routesOf(model),
      routingTable: typeof own.table === 'number' ? own.table : undefined,
    },
    plugins: (own.plugins ?? []).map((plugin) => (PATH.test(plugin) ? files.resolve(plugin) : plugin)),
  }
}

/** wg-quick, too, names the interface after its file. A name that the kernel would refuse is left to the kernel. */
function nameFrom(path: string): string | undefined {
  const name = basename(path, extname(path))
  return v.is(interfaceName(), name) ? name : undefined
}

function peerConfig(peer: PeerModel, cipher: string, files: Files): PeerConfig {
  const {
    accept,
    allowedIps,
    endpoints = [],
    keepalive,
    name,
    presharedKey,
    presharedKeyFile,
    publicKey,
  } = peer
  const unsaid = cipher === 'wireguard' ? [] : EVERYTHING
  return {
    id: publicKey ?? SOLE_PEER,
    name,
    presharedKey: presharedKey ?? optional(presharedKeyFile, files.key),
    keepalive,
    allowed: allowedIps?.map((text) => parseIpPrefix(text)!) ?? unsaid,
    endpoints: endpoints.map((text) => parsePeer(text, 'udp')),
    accepts: accept,
  }
}

function listenAt({ interface: own, peers }: ConfigModel, cipher: string): readonly string[] {
  const listen = own.listen ?? []
  const isUdp = (text: string) => text.startsWith('udp:')
  const dials = peers.some(({ endpoints = [] }) => endpoints.some(isUdp))
  return cipher === 'wireguard' && dials && !listen.some(isUdp) ? [...listen, ANY_UDP_PORT] : listen
}

/**
 * What peers own is reached by the tunnel, unless the file leaves that to somebody else: to its user, or to the peer,
 * for whose routes its ranges are the limits then. A default route is no route of the main table: the tunnel's own
 * packets would go into it, too.
 */
function routesOf({ interface: own, peers }: ConfigModel): readonly IpPrefix[] {
  if (own.table === 'off') return []
  const owned = peers.flatMap(({ accept = [], allowedIps = [] }) =>
    accept.includes('routes') ? [] : allowedIps.map((text) => networkOf(parseIpPrefix(text)!)),
  )
  return typeof own.table === 'number' ? owned : owned.filter(({ bits }) => bits > 0)
}

function optional<Value>(path: string | undefined, read: (path: string) => Value): Value | undefined {
  return path === undefined ? undefined : read(path)
}
