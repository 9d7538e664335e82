import { randomBytes } from 'node:crypto'
import type { AeadFactory } from '../../../src/ciphers/aead/aead.js'
import { nodeAead } from '../../../src/ciphers/aead/aead-node.js'
import { generatePrivateKey, parseBase64Key, publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import type { NoiseOptions } from '../../../src/ciphers/noise/context.js'
import { EndIds } from '../../../src/ciphers/noise/handshake/end-ids.js'
import type { Protocol } from '../../../src/ciphers/noise/handshake/protocol.js'
import { Timestamps } from '../../../src/ciphers/noise/handshake/tai64n.js'
import { WireGuardProtocol } from '../../../src/ciphers/noise/handshake/wireguard-protocol.js'
import { NoiseCipher } from '../../../src/ciphers/noise/noise-cipher.js'
import type { CipherPeer, PeerId } from '../../../src/core/api/cipher.js'
import { type Logger, silentLogger } from '../../../src/core/api/logger.js'
import { End } from '../netsim/end.js'
import { Network } from '../netsim/network.js'
import { Simulation } from '../netsim/simulation.js'
import { keysBy, pskProtocol } from './psk-protocols.js'

export type Kind = 'wireguard' | 'aes-256-gcm' | 'chacha20-poly1305'
export const kinds: readonly Kind[] = ['wireguard', 'aes-256-gcm', 'chacha20-poly1305']

/** How a Noise cipher differs from the common one. */
interface Options extends Partial<Omit<NoiseOptions, 'useKey'>> {
  /** Seals in sessions; node:crypto if absent. */
  readonly aeadFactory?: AeadFactory
}

/** How a pair of ends differs from the common one. */
export interface PairOptions extends Options {
  /** Changes the protocol of either end. */
  readonly protocolOf?: (protocol: Protocol) => Protocol
  readonly presharedKey?: string
  readonly keepalive?: number
}

/** Two ends in a simulated network, each with the other as its peer. */
export interface Pair {
  readonly simulation: Simulation
  readonly network: Network
  /** The end that knows where the other one is; its link is set. */
  readonly client: End
  readonly server: End
  /** The server, as the client knows it. */
  readonly serverId: PeerId
  /** The client, as the server knows it. */
  readonly clientId: PeerId
  /** What the server's handshakes are like, and the keys of the macs in messages to it. */
  readonly serverProtocol: Protocol
  /** A cipher with the server's keys and no memory of any session: the server after a restart. */
  readonly newServerCipher: () => NoiseCipher
  /** The same for the client. */
  readonly newClientCipher: () => NoiseCipher
}

/** What is logged, for tests that look at it. */
export class RecordingLogger implements Logger {
  readonly lines: string[] = []
  readonly #record = (message: string, fields: object = {}) => {
    this.lines.push(`${message} ${JSON.stringify(fields)}`)
  }
  debug = this.#record
  info = this.#record
  warn = this.#record
  error = this.#record
}

/** A Noise cipher for tests. */
export function noiseCipher(
  protocol: Protocol,
  peers: readonly CipherPeer[],
  { aeadFactory = nodeAead, ...options }: Options,
): NoiseCipher {
  const cipher = new NoiseCipher({
    protocol,
    useKey: keysBy(aeadFactory, protocol.suite),
    random: randomBytes,
    wall: () => 1_700_000_000_000,
    timestamps: new Timestamps(),
    log: silentLogger,
    mtu: 1420,
    takesSuperPackets: true,
    ...options,
  })
  for (const peer of peers) cipher.peerManager.add(peer)
  return cipher
}

/** Two ends that have not spoken yet. */
export function pair(
  kind: Kind,
  { protocolOf = (protocol) => protocol, presharedKey, keepalive, ...options }: PairOptions = {},
): Pair {
  const simulation = new Simulation()
  const network = new Network(simulation)
  const { clientId, serverId, clientProtocol, serverProtocol } = identities(kind, options.log ?? silentLogger)
  const common = { wall: () => simulation.wall(), timestamps: new Timestamps(), ...options }
  const newClientCipher = () =>
    noiseCipher(protocolOf(clientProtocol()), [{ id: serverId, presharedKey, keepalive }], common)
  const newServerCipher = () =>
    noiseCipher(protocolOf(serverProtocol()), [{ id: clientId, presharedKey }], common)
  const client = new End(simulation, network, 'client', newClientCipher())
  const server = new End(simulation, network, 'server', newServerCipher())
  client.use(serverId, 'server')
  return {
    simulation,
    network,
    client,
    server,
    serverId,
    clientId,
    serverProtocol: serverProtocol(),
    newClientCipher,
    newServerCipher,
  }
}

/** Two ends with a session that both have, the questions about capabilities answered. */
export function connectedPair(kind: Kind, options?: PairOptions): Pair {
  const made = pair(kind, options)
  made.client.initiate(made.serverId)
  made.simulation.advance(200)
  return made
}

function identities(kind: Kind, log: Logger) {
  if (kind === 'wireguard') {
    const [client, server] = [generatePrivateKey(), generatePrivateKey()]
    return {
      clientId: publicKeyOf(client),
      serverId: publicKeyOf(server),
      clientProtocol: () => new WireGuardProtocol(parseBase64Key(client, 'private key')),
      serverProtocol: () => new WireGuardProtocol(parseBase64Key(server, 'private key')),
    }
  }
  const key = randomBytes(32)
  const protocol = () => pskProtocol(kind, Uint8Array.from(key), new EndIds(randomBytes(16), log), 'peer')
  return { clientId: 'peer', serverId: 'peer', clientProtocol: protocol, serverProtocol: protocol }
}
