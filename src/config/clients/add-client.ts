import type { PartTraits } from '../../core/plugin/part-traits.js'
import type { PublicKeyOf } from '../check/check.js'
import { modelOf } from '../check/parsed.js'
import type { ConfigFile } from '../files/config-file.js'
import { parseText, writePeer, writeText } from '../files/format.js'
import type { ConfigModel, InterfaceModel, PeerModel } from '../schema/model.js'
import { type Change, changedText } from './changed-text.js'
import { clientNames } from './find-client.js'
import { type ClientRequest, newClient, refusal } from './new-client.js'

/** A server's file with a further client, or with another key of one. */
export interface AddedClient {
  /** The server's file: what it was, comments and order and all, and what it takes for the client. */
  readonly text: string
  readonly client: ConfigModel
  /** The same for a client that accepts no pushed settings. */
  readonly fixedClient: ConfigModel
  /** What the server itself is to do for the client from now on, as its file calls it. */
  readonly switchedOn?: 'forward' | 'nat' | undefined
}

/**
 * Adds a client to a server's file, or gives one other keys; nothing is written.
 *
 * @throws ConfigError if it cannot be added, or the file would be wrong afterwards.
 */
export function addClient(
  file: ConfigFile,
  request: ClientRequest,
  publicKeyOf: PublicKeyOf,
  traits: PartTraits,
): AddedClient {
  const { name, replaces } = request
  if (replaces === undefined && clientNames(file).includes(name))
    throw refusal(name, 'a peer of that name already exists')
  const { peer, client, fixedClient } = newClient(file.model, request, traits)
  checkClient(client, name, publicKeyOf, traits)
  const switchedOn = file.format === 'toml' ? wanting(file.model.interface, request) : undefined
  const forClient: Change[] =
    switchedOn === undefined ? [] : [{ table: 'interface', index: 0, key: switchedOn, value: true }]
  if (replaces !== undefined) {
    const index = file.model.peers.indexOf(replaces)
    const keys = { publicKey: peer.publicKey!, presharedKey: peer.presharedKey, expires: peer.expires }
    const changes = Object.entries(keys).flatMap(([key, value]): Change[] =>
      value === undefined ? [] : [{ table: 'peer', index, key: key as keyof PeerModel, value }],
    )
    const text = changedText(file, [...changes, ...forClient], publicKeyOf, traits)
    return { text, client, fixedClient, switchedOn }
  }
  const before = forClient.length === 0 ? file.text : changedText(file, forClient, publicKeyOf, traits)
  const end = before.endsWith('\n') ? '\n' : '\n\n'
  const text = before + end + writePeer(file.format, peer)
  modelOf(file.path, parseText(file.format, file.path, text), publicKeyOf, traits)
  return { text, client, fixedClient, switchedOn }
}

/** Its file is read where nobody sees what is wrong with it until then. */
function checkClient(client: ConfigModel, name: string, publicKeyOf: PublicKeyOf, traits: PartTraits): void {
  const source = `the file of client '${name}'`
  modelOf(source, parseText('toml', source, writeText('toml', client).text), publicKeyOf, traits)
}

/** Packets between a client's network and other clients pass the server's kernel, and those to the internet bear its address. */
function wanting(
  { forward, nat }: InterfaceModel,
  { fullTunnel = false, lans = [] }: ClientRequest,
): 'forward' | 'nat' | undefined {
  if (fullTunnel) return nat === true ? undefined : 'nat'
  return lans.length > 0 && forward !== true && nat !== true ? 'forward' : undefined
}

/**
 * What WireGuard's own programs need of a client, which take one endpoint and only by UDP; undefined if it has
 * none.
 */
export function plainClient(client: ConfigModel): ConfigModel | undefined {
  const [server] = client.peers
  const udp = server?.endpoints?.find((endpoint) => endpoint.startsWith('udp:'))
  if (server === undefined || udp === undefined) return undefined
  const { accept: _, proxy: __, ...peer } = server
  const { forward: ___, nat: ____, ...own } = client.interface
  return { ...client, interface: own, peers: [{ ...peer, endpoints: [udp] }] }
}
