import * as v from 'valibot'
import { ConfigError } from '../../core/api/errors.js'
import { networkOf } from '../../core/ip/ip-network.js'
import { parseIpPrefix } from '../../core/ip/ip-prefix.js'
import type { PartTraits } from '../../core/plugin/part-traits.js'
import { SETTING_KINDS } from '../../core/settings/client-settings.js'
import { cipherTraitsOf } from '../schema/cipher-of.js'
import type { ConfigModel, InterfaceModel, PeerModel } from '../schema/model.js'
import { peerName } from '../schema/values.js'
import { freeAddress, hostOf } from './free-address.js'

/** Seconds. What NATs remember at least, as WireGuard's documentation has it. */
const NAT_KEEPALIVE = 25

/** A client that is to be. */
export interface ClientRequest {
  readonly name: string
  readonly privateKey: string
  readonly publicKey: string
  readonly serverPublicKey: string
  /** Where it reaches the server, the best first; the server's own list if absent. */
  readonly endpoints?: readonly string[] | undefined
}

/** A client, seen from both ends. */
export interface NewClient {
  /** What the server's file says of it. */
  readonly peer: PeerModel
  /** What its own file says; it accepts what the server pushes. */
  readonly client: ConfigModel
  /** The same for a client that accepts nothing, such as a plain WireGuard. */
  readonly fixedClient: ConfigModel
}

/**
 * A further client of a server: the next free address of each of the server's networks, and all of these networks
 * by way of the server.
 *
 * @throws ConfigError if its name is taken or invalid, no address is free, or the server's endpoints are not known.
 */
export function newClient(server: ConfigModel, request: ClientRequest, traits: PartTraits): NewClient {
  const { interface: own, peers } = server
  const { name } = request
  const { keys, peers: howMany } = cipherTraitsOf(own, traits) ?? {}
  if (keys !== 'private' || howMany !== 'many')
    throw refusal(name, 'only servers with the cipher wireguard have clients')
  if (!v.is(peerName(), name)) throw refusal(name, `a name has ${peerName().pipe[1].metadata.allowed}`)
  if (peers.some((peer) => peer.name === name)) throw refusal(name, 'a peer of that name already exists')
  const endpoints = request.endpoints ?? server.server?.endpoints ?? []
  if (endpoints.length === 0) {
    throw refusal(
      name,
      "the address at which clients reach the server is missing; give --endpoint, or 'endpoints' in [server]",
    )
  }
  const networks = (own.address ?? []).filter(isNetwork)
  const taken = [...(own.address ?? []).map(hostOf), ...peers.flatMap(({ allowedIps = [] }) => allowedIps)]
  const addresses = networks.map((network) => {
    const address = freeAddress(network, taken)
    if (address === undefined) throw refusal(name, `no address of ${network} is free`)
    return hostOf(address)
  })
  if (addresses.length === 0)
    throw refusal(name, "the server's own addresses have no network, such as 10.0.0.1/24")
  const { pushDns = [], pushMtu, pushRoutes = [] } = server.server ?? {}
  const pushes = { routes: pushRoutes.length > 0, dns: pushDns.length > 0, mtu: pushMtu !== undefined }
  const accept = SETTING_KINDS.filter((kind) => kind !== 'addresses' && pushes[kind])
  const plugins = endpoints.some((endpoint) => isOfPlugin(endpoint, traits)) ? own.plugins : undefined
  const client = { privateKey: request.privateKey, address: addresses, ...(plugins && { plugins }) }
  const peer = {
    name: 'server',
    publicKey: request.serverPublicKey,
    allowedIps: [...networks, ...pushRoutes].map((network) => networkOf(parseIpPrefix(network)!).text),
    endpoints,
    keepalive: NAT_KEEPALIVE,
  }
  return {
    peer: { name, publicKey: request.publicKey, allowedIps: addresses },
    client: {
      interface: withMtu(client, own.mtu),
      peers: [{ ...peer, ...(accept.length > 0 && { accept }) }],
    },
    fixedClient: {
      interface: { ...withMtu(client, pushMtu ?? own.mtu), ...(pushDns.length > 0 && { dns: pushDns }) },
      peers: [peer],
    },
  }
}

/** Whether what carries to an endpoint is nothing that all installations of Qanat have. */
function isOfPlugin(endpoint: string, { transport }: PartTraits): boolean {
  return transport(new URL(endpoint).protocol).authority === undefined
}

/** If no MTU is given, the client has its own default. */
function withMtu(client: InterfaceModel, mtu: number | undefined): InterfaceModel {
  return mtu === undefined ? client : { ...client, mtu }
}

/** Whether more than one address begins with these bits. */
function isNetwork(address: string): boolean {
  const { address: bytes, bits } = parseIpPrefix(address)!
  return bits < bytes.length * 8
}

function refusal(name: string, why: string): ConfigError {
  return new ConfigError(`Cannot add client '${name}': ${why}`, { code: 'ERR_CONFIG_VALUE' })
}
