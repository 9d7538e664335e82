import { createContainer } from '../../src/app/container.js'
import { choosePlugin } from '../../src/app/plugins/plugins.js'
import { generatePrivateKey, publicKeyOf } from '../../src/ciphers/keys/keys.js'
import { silentLogger } from '../../src/core/api/logger.js'
import { HandshakeClient } from '../handshake-client.js'
import { MeasuredServer } from '../measured-server.js'

const PORT = 13_371
/** Peers that are connected at the same time. */
const AT_ONCE = 50
/** Peers that connect before those that are measured, to warm the server up. */
const WARM_UP = 300

/** Bytes for each peer of a server. */
export interface PeerMemory {
  readonly peers: number
  /** Known and never heard: JavaScript's and what malloc gave out, and resident. */
  readonly idle: number
  readonly idleResident: number
  /** With a session that was used, beyond that. */
  readonly live: number
  readonly liveResident: number
}

/** Measures a server that knows this many WireGuard peers over UDP, of whom none and then each has a session. */
export async function memoryOfPeers(count: number): Promise<PeerMemory> {
  const privateKey = generatePrivateKey()
  const keys = Array.from({ length: WARM_UP + count }, generatePrivateKey)
  const listen = `udp://127.0.0.1:${PORT}`
  const few = await serverUsage(keys.slice(0, WARM_UP))
  const server = await MeasuredServer.start({ privateKey, listen, publicKeys: keys.map(publicKeyOf) })
  const known = await server.usage()
  await connect(keys.slice(0, WARM_UP))
  const warm = await server.usage()
  await connect(keys.slice(WARM_UP))
  const live = await server.usage()
  await server.stop()
  return {
    peers: count,
    idle: (known.memory - few.memory) / count,
    idleResident: (known.resident - few.resident) / count,
    live: (live.memory - warm.memory) / count,
    liveResident: (live.resident - warm.resident) / count,
  }

  async function serverUsage(some: readonly string[]) {
    const other = await MeasuredServer.start({ privateKey, listen, publicKeys: some.map(publicKeyOf) })
    const usage = await other.usage()
    await other.stop()
    return usage
  }

  async function connect(some: readonly string[]): Promise<void> {
    const container = await createContainer(silentLogger, [])
    const waiting = some.entries()
    const one = async () => {
      for (const [index, key] of waiting) {
        const settings = { privateKey: key, peers: [{ id: publicKeyOf(privateKey) }] }
        const { signal } = new AbortController()
        const cipher = await choosePlugin(container, 'cipher', 'wireguard').make(settings, signal)
        const address = `127.1.${(index >>> 8) & 255}.${index & 255}`
        const client = await HandshakeClient.at(address, PORT, cipher, publicKeyOf(privateKey))
        await client.run(() => false)
        client.close()
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, one))
  }
}
