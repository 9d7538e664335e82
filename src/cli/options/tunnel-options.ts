import { readKeyFile } from '../../ciphers/keys/key-file.js'
import { PRIVATE_KEY_CIPHER, SHARED_KEY_CIPHER } from '../../config/schema/default-cipher.js'
import {
  parseAddress,
  parseAddressPair,
  parseAllowed,
  parseKeepalive,
  parseListen,
  parseMtu,
  parsePeer,
} from '../../config/schema/parse.js'
import { type PeerConfig, SOLE_PEER, type TunnelConfig } from '../../core/api/config.js'
import { ConfigError } from '../../core/api/errors.js'
import type { TunAddress } from '../../core/api/tun-device.js'
import { EVERYTHING, type IpPrefix } from '../../core/ip/ip-prefix.js'
import { DEFAULT_PORT } from '../../core/settings/ports.js'
import { readSharedKey } from './shared-key.js'
import { readTransportSettings, type TransportOptions } from './transport-options.js'

/** The options of a tunnel, as the command line hands them over. */
export interface TunnelOptions extends TransportOptions {
  readonly key?: string
  readonly keyFile?: string
  readonly privateKeyFile?: string
  readonly peerKey?: string
  readonly pskFile?: string
  readonly allowedIps?: string
  readonly address?: string
  readonly keepalive?: string
  readonly peer: readonly string[]
  readonly cipher?: string
  readonly transport: string
  readonly listen: readonly string[]
  readonly tun?: string
  readonly tunDriver?: string
  readonly mtu: string
  readonly plugin: readonly string[]
}

/**
 * What the command line asks for.
 *
 * @throws ConfigError where it is not whole, contradicts itself, or holds a value that is none.
 */
export function readTunnelConfig(
  local: string | undefined,
  far: string | undefined,
  options: TunnelOptions,
): TunnelConfig {
  const { transport } = options
  const waits = options.peer.length === 0 && options.listen.length === 0
  const listen = waits ? [String(DEFAULT_PORT)] : options.listen
  const peer = readPeer(options)
  const cipher =
    options.cipher ?? (options.privateKeyFile === undefined ? SHARED_KEY_CIPHER : PRIVATE_KEY_CIPHER)
  return {
    cipher,
    key: cipher === 'wireguard' ? undefined : readSharedKey(options),
    privateKey: options.privateKeyFile === undefined ? undefined : readKeyFile(options.privateKeyFile),
    peers: [peer],
    listen: listen.map((text) => parseListen(text, transport)),
    transports: readTransportSettings(options),
    tunDriver: options.tunDriver,
    tun: {
      name: options.tun,
      mtu: parseMtu(options.mtu),
      addresses: readAddresses(local, far, options.address),
      routes: routesOf(peer.allowed),
    },
    plugins: options.plugin,
  }
}

function readPeer(options: TunnelOptions): PeerConfig {
  const { allowedIps, keepalive, peer, peerKey, pskFile, transport } = options
  if (peerKey !== undefined && allowedIps === undefined) {
    throw missing('which inner addresses the peer owns: give --allowed-ips, such as 10.0.0.2/32')
  }
  if (peerKey === undefined && options.privateKeyFile !== undefined) {
    throw missing("the peer's public key: give --peer-key")
  }
  return {
    id: peerKey ?? SOLE_PEER,
    presharedKey: pskFile === undefined ? undefined : readKeyFile(pskFile),
    keepalive: keepalive === undefined ? undefined : parseKeepalive(keepalive),
    allowed: allowedIps === undefined ? EVERYTHING : parseAllowed(allowedIps),
    endpoints: peer.map((text) => parsePeer(text, transport)),
  }
}

function readAddresses(
  local: string | undefined,
  far: string | undefined,
  list: string | undefined,
): TunAddress[] {
  const addresses = list === undefined ? [] : list.split(',').map((text) => parseAddress(text.trim()))
  if (local !== undefined && far !== undefined) addresses.unshift(parseAddressPair(local, far))
  else if (local !== undefined)
    throw missing("the peer's inner address: give LOCAL_IP and PEER_IP, or --address")
  if (addresses.length === 0)
    throw missing('the inner addresses: give LOCAL_IP and PEER_IP, or --address; "qanat --help" has examples')
  return addresses
}

/** A default route is the host's own business: it would take the carrier's datagrams into the tunnel, too. */
function routesOf(allowed: readonly IpPrefix[]): IpPrefix[] {
  return allowed.filter(({ bits }) => bits > 0)
}

function missing(what: string): ConfigError {
  return new ConfigError(`Cannot do without ${what}`, { code: 'ERR_CONFIG_MISSING' })
}
