import * as v from 'valibot'
import { ConfigError } from '../../core/api/errors.js'
import { redactText } from '../../core/api/redact.js'
import { liesWithin, networkOf } from '../../core/ip/ip-network.js'
import { EVERYTHING, type IpPrefix, parseIpPrefix } from '../../core/ip/ip-prefix.js'
import type { PartTraits } from '../../core/plugin/part-traits.js'
import { SETTING_KINDS } from '../../core/settings/client-settings.js'
import { schemeOf } from '../../core/settings/scheme.js'
import { cipherTraitsOf } from '../schema/cipher-of.js'
import type { ConfigModel, InterfaceModel, PeerModel } from '../schema/model.js'
import { endpoint, peerName } from '../schema/values.js'
import { freeAddress, hostOf } from './free-address.js'

/** Seconds. What NATs remember at least, as WireGuard's documentation has it. */
const NAT_KEEPALIVE = 25

/** What of a client its server's file does not say, or a new one has to be told. */
export interface ClientRequest {
  readonly name: string
  /** Absent: it stays on the client, whose file names a file beside it. */
  readonly privateKey?: string | undefined
  readonly publicKey: string
  readonly serverPublicKey: string
  /** Where it reaches the server, the best first; the server's own list if absent. */
  readonly endpoints?: readonly string[] | undefined
  /** Networks behind it, such as 192.168.7.0/24. */
  readonly lans?: readonly string[] | undefined
  /** Whether all of its traffic goes through the server. */
  readonly fullTunnel?: boolean | undefined
  readonly proxy?: string | undefined
  /** Name servers and domains of its own, besides what the server pushes. */
  readonly dns?: readonly string[] | undefined
  readonly presharedKey?: string | undefined
  readonly expires?: string | undefined
  /** Tells what it is to know the server's certificate by; undefined if an authority vouches for that. */
  readonly pin?: (() => string | undefined) | undefined
  /** The peer whose keys it replaces. */
  readonly replaces?: PeerModel | undefined
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
 * by way of the server, as well as those behind other clients.
 *
 * @throws ConfigError if its name is invalid, no address is free, or the server's endpoints are not known.
 */
export function newClient(server: ConfigModel, request: ClientRequest, traits: PartTraits): NewClient {
  const { interface: own, peers } = server
  const { expires, lans = [], name, presharedKey, publicKey, replaces } = request
  const { keys, peers: howMany } = cipherTraitsOf(own, traits) ?? {}
  if (keys !== 'private' || howMany !== 'many')
    throw refusal(name, 'only servers with the cipher wireguard have clients')
  if (!v.is(peerName(), name)) throw refusal(name, `a name has ${peerName().pipe[1].metadata.allowed}`)
  const endpoints = request.endpoints ?? server.server?.endpoints ?? []
  if (endpoints.length === 0) {
    throw refusal(
      name,
      "the address at which clients reach the server is missing; give --endpoint, or 'endpoints' in [server]",
    )
  }
  const unfit = endpoints.find((text) => !v.is(endpoint(), text))
  if (unfit !== undefined)
    throw refusal(name, `'${redactText(unfit)}' is no URL such as udp://vpn.example.org:51820`)
  if (lans.some((text) => parseIpPrefix(text)!.bits === 0))
    throw refusal(name, 'a network behind it is not everything; --full-tunnel sends all of its traffic here')
  const networks = (own.address ?? []).filter(isNetwork)
  if (networks.length === 0)
    throw refusal(name, "the server's own addresses have no network, such as 10.0.0.1/24")
  const owned = replaces?.allowedIps ?? [...freeAddresses(server, networks, name), ...lans.map(networkText)]
  const secrets = presharedKey === undefined ? {} : { presharedKey }
  const others = peers.filter((peer) => peer !== replaces)
  const { client, fixedClient } = filesOf(server, request, { endpoints, networks, owned, others, traits })
  return {
    peer: { name, publicKey, ...secrets, allowedIps: owned, ...(expires !== undefined && { expires }) },
    client,
    fixedClient,
  }
}

/** What both of a client's files are made of. */
interface FileParts {
  readonly endpoints: readonly string[]
  readonly networks: readonly string[]
  /** What the server's file lets it own. */
  readonly owned: readonly string[]
  readonly others: readonly PeerModel[]
  readonly traits: PartTraits
}

function filesOf(
  { interface: own, server = {} }: ConfigModel,
  request: ClientRequest,
  { endpoints, networks, others, owned, traits }: FileParts,
): Omit<NewClient, 'peer'> {
  const { dns = [], fullTunnel = false, name, presharedKey, privateKey, proxy, serverPublicKey } = request
  const { pushDns = [], pushMtu, pushRoutes = [] } = server
  const pushes = { routes: pushRoutes.length > 0, dns: pushDns.length > 0, mtu: pushMtu !== undefined }
  const accept = SETTING_KINDS.filter((kind) => kind !== 'addresses' && pushes[kind])
  const plugins = endpoints.some((endpoint) => isOfPlugin(endpoint, traits)) ? own.plugins : undefined
  const behindOthers = others.flatMap(({ allowedIps = [] }) => beyond(allowedIps, networks))
  const reached = fullTunnel
    ? EVERYTHING.map(({ text }) => text)
    : [...networks, ...pushRoutes, ...behindOthers].map(networkText)
  const client: InterfaceModel = {
    ...(privateKey === undefined ? { privateKeyFile: keyFileOf(name) } : { privateKey }),
    address: owned.filter((range) => !isNetwork(range)),
    ...(beyond(owned, networks).length > 0 && { nat: true }),
    ...(plugins && { plugins }),
  }
  const peer = {
    name: 'server',
    publicKey: serverPublicKey,
    ...(presharedKey !== undefined && { presharedKey }),
    allowedIps: [...new Set(reached)],
    endpoints,
    keepalive: NAT_KEEPALIVE,
    ...(proxy !== undefined && { proxy }),
  }
  const pin = endpoints.some((endpoint) => isCertified(endpoint, traits)) ? request.pin?.() : undefined
  const withDns = (names: readonly string[]) => (names.length > 0 ? { dns: [...names] } : {})
  return {
    client: {
      interface: { ...withMtu(client, own.mtu), ...withDns(dns) },
      ...(pin !== undefined && { tls: { pin } }),
      peers: [{ ...peer, ...(accept.length > 0 && { accept }) }],
    },
    fixedClient: {
      interface: {
        ...withMtu(client, pushMtu ?? own.mtu),
        ...withDns(dns.length > 0 ? dns : pushDns),
      },
      peers: [peer],
    },
  }
}

/** The file of a private key that stays on the client, beside the client's own file. */
export function keyFileOf(name: string): string {
  return `${name.replaceAll(' ', '-')}.key`
}

function freeAddresses({ interface: own, peers }: ConfigModel, networks: readonly string[], name: string) {
  const taken = [...(own.address ?? []).map(hostOf), ...peers.flatMap(({ allowedIps = [] }) => allowedIps)]
  return networks.map((network) => {
    const address = freeAddress(network, taken)
    if (address === undefined) throw refusal(name, `no address of ${network} is free`)
    return hostOf(address)
  })
}

/** The networks among ranges that lie outside those of the server, and are no default routes. */
function beyond(ranges: readonly string[], networks: readonly string[]): string[] {
  const inner = networks.map(prefixOf)
  return ranges.filter((text) => {
    const range = prefixOf(text)
    return range.bits > 0 && isNetwork(text) && !inner.some((network) => liesWithin(range, network))
  })
}

/** Whether the server has to show a certificate at an endpoint. */
function isCertified(endpoint: string, { transport }: PartTraits): boolean {
  const { protocol } = new URL(endpoint)
  return transport(protocol).certified?.includes(schemeOf(protocol)) === true
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

function prefixOf(text: string): IpPrefix {
  return networkOf(parseIpPrefix(text)!)
}

function networkText(text: string): string {
  return prefixOf(text).text
}

/** Why there is no such client. */
export function refusal(name: string, why: string): ConfigError {
  return new ConfigError(`Cannot add client '${name}': ${why}`, { code: 'ERR_CONFIG_VALUE' })
}
