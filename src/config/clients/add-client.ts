import type { PartTraits } from '../../core/plugin/part-traits.js'
import type { PublicKeyOf } from '../check/check.js'
import { modelOf } from '../check/parsed.js'
import type { ConfigFile } from '../files/config-file.js'
import { parseText, writePeer } from '../files/format.js'
import type { ConfigModel } from '../schema/model.js'
import { type ClientRequest, newClient } from './new-client.js'

/** A server's file with a further client. */
export interface AddedClient {
  /** The server's file: what it was, comments and order and all, and the peer behind it. */
  readonly text: string
  readonly client: ConfigModel
  /** The same for a client that accepts no pushed settings. */
  readonly fixedClient: ConfigModel
}

/**
 * Adds a client to a server's file; nothing is written.
 *
 * @throws ConfigError if it cannot be added, or the file would be wrong afterwards.
 */
export function addClient(
  file: ConfigFile,
  request: ClientRequest,
  publicKeyOf: PublicKeyOf,
  traits: PartTraits,
): AddedClient {
  const { peer, client, fixedClient } = newClient(file.model, request, traits)
  const end = file.text.endsWith('\n') ? '\n' : '\n\n'
  const text = file.text + end + writePeer(file.format, peer)
  modelOf(file.path, parseText(file.format, file.path, text), publicKeyOf, traits)
  return { text, client, fixedClient }
}

/**
 * What WireGuard's own programs need of a client, which take one endpoint and only by UDP; undefined if it has
 * none.
 */
export function plainClient(client: ConfigModel): ConfigModel | undefined {
  const [server] = client.peers
  const udp = server?.endpoints?.find((endpoint) => endpoint.startsWith('udp:'))
  return udp === undefined ? undefined : { ...client, peers: [{ ...server, endpoints: [udp] }] }
}
