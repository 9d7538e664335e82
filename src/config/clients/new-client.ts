import * as v from 'valibot'
import { ConfigError } from '../../core/errors.js'
import { networkOf } from '../../core/ip-network.js'
import { parseIpPrefix } from '../../core/ip-prefix.js'
import { cipherOf } from '../cipher-of.js'
import type { ConfigModel, PeerModel } from '../model.js'
import { peerName } from '../values.js'
import { freeAddress, hostOf } from './free-address.js'

/** Seconds. What NATs remember at least, as WireGuard's documentation has it. */
const KEEPALIVE = 25

/** A client that is to be. */
export interface ClientRequest {
  readonly name: string
  readonly privateKey: string
  readonly publicKey: string
  readonly serverPublicKey: string
  /** Where it reaches the server, the best first; the server's own list where absent. */
  readonly endpoints?: readonly string[] | undefined
}

/** A client, seen from both ends. */
export interface NewClient {
  /** What the server's file says of it. */
  readonly peer: PeerModel
  /** What its own file says. */
  readonly client: ConfigModel
}

/**
 * A further client of a server: the next free address of each of the server's networks, and all of these networks
 * by way of the server.
 *
 * @throws ConfigError where its name is taken or none, no address is free, or nobody said where the server is reached.
 */
export function newClient(server: ConfigModel, request: ClientRequest): NewClient {
  const { interface: own, peers } = server
  const { name } = request
  if (cipherOf(own) !== 'wireguard')
    throw refusal(name, 'only servers with the cipher wireguard have clients')
  if (!v.is(peerName(), name)) throw refusal(name, `a name has ${peerName().pipe[1].metadata.allowed}`)
  if (peers.some((peer) => peer.name === name)) throw refusal(name, 'there is a peer of that name already')
  const endpoints = request.endpoints ?? server.server?.endpoints ?? []
  if (endpoints.length === 0) {
    throw refusal(
      name,
      "nothing says where clients reach the server; give --endpoint, or 'endpoints' in [server]",
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
  return {
    peer: { name, publicKey: request.publicKey, allowedIps: addresses },
    client: {
      interface: {
        privateKey: request.privateKey,
        address: addresses,
        ...(own.mtu !== undefined && { mtu: own.mtu }),
      },
      peers: [
        {
          name: 'server',
          publicKey: request.serverPublicKey,
          allowedIps: networks.map((network) => networkOf(parseIpPrefix(network)!).text),
          endpoints,
          keepalive: KEEPALIVE,
        },
      ],
    },
  }
}

/** Whether more than one address begins with these bits. */
function isNetwork(address: string): boolean {
  const { address: bytes, bits } = parseIpPrefix(address)!
  return bits < bytes.length * 8
}

function refusal(name: string, why: string): ConfigError {
  return new ConfigError(`Cannot add client '${name}': ${why}`, { code: 'ERR_CONFIG_VALUE' })
}
