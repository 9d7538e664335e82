import 'reflect-metadata'
import { createContainer } from '../src/app/container.js'
import { choosePlugin } from '../src/app/plugins/plugins.js'
import { generatePrivateKey, publicKeyOf } from '../src/ciphers/keys/keys.js'
import { silentLogger } from '../src/core/api/logger.js'
import { HandshakeClient } from './handshake-client.js'
import type { ServerUsage } from './handshake-server.js'
import { MeasuredServer } from './measured-server.js'

/*
 * node dist/bench/handshakes.js
 *
 * What handshakes and sessions of WireGuard peers cost one server process, over UDP on the loopback: CPU time at
 * either side, handshakes per second, and memory. Each client has an address of its own. The first 500 handshakes
 * of a second are answered at once, the others with a cookie first.
 */

/** Peers whose sessions are measured; as many others come before them, to warm the server up. */
const PEERS = 1000
const PORT = 13_370
/** Clients that do handshakes at the same time. */
const AT_ONCE = 50
/** Handshakes of each peer after the first: then it has a session, the one before and the one before that. */
const RENEWALS = 3
/** Milliseconds in which handshakes are counted. */
const BUSY_FOR = 10_000

const container = await createContainer(silentLogger, [])
const keys = Array.from({ length: 2 * PEERS }, generatePrivateKey)
const privateKey = generatePrivateKey()
const serverId = publicKeyOf(privateKey)
const listen = `udp://127.0.0.1:${PORT}`
const server = await MeasuredServer.start({ privateKey, listen, publicKeys: keys.map(publicKeyOf) })
const clients = await Promise.all(
  keys.map(async (key, index) => {
    const settings = { privateKey: key, peers: [{ id: serverId }] }
    const cipher = await choosePlugin(container, 'cipher', 'wireguard').make(
      settings,
      new AbortController().signal,
    )
    return HandshakeClient.at(`127.1.${index >>> 8}.${index & 255}`, PORT, cipher, serverId)
  }),
)

await measureMemory(clients.slice(0, PEERS), clients.slice(PEERS))
await measureSpeed(clients.slice(0, AT_ONCE))
for (const client of clients) client.close()
await server.stop()

async function measureMemory(first: readonly HandshakeClient[], measured: readonly HandshakeClient[]) {
  for (let times = 0; times <= RENEWALS; times++) await connect(first)
  const before = await server.usage()
  await connect(measured)
  const fresh = await server.usage()
  for (let times = 0; times < RENEWALS; times++) await connect(measured)
  const renewed = await server.usage()
  say(`memory of ${measured.length} live sessions: ${perPeer(before, fresh)} KiB each`)
  say(`after ${RENEWALS} renewals: ${perPeer(before, renewed)} KiB each`)
}

/** One handshake of each. */
async function connect(some: readonly HandshakeClient[]): Promise<void> {
  const waiting = some.values()
  const one = async () => {
    for (const client of waiting) await client.run(() => false)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
}

async function measureSpeed(busy: readonly HandshakeClient[]): Promise<void> {
  const before = await server.usage()
  const ownBefore = process.cpuUsage()
  const doneBefore = done()
  const begun = performance.now()
  await Promise.all(busy.map((client) => client.run(() => performance.now() - begun < BUSY_FOR)))
  const seconds = (performance.now() - begun) / 1000
  const { user, system } = process.cpuUsage(ownBefore)
  const after = await server.usage()
  const count = done() - doneBefore
  const serverCpu = after.cpu - before.cpu
  say(`handshakes: ${(count / seconds).toFixed(0)} per second`)
  say(`CPU time of the server: ${(serverCpu / count).toFixed(2)} ms per handshake`)
  say(`CPU time of the client: ${((user + system) / 1000 / count).toFixed(2)} ms per handshake`)
  say(`with all of one CPU the server would do ${((1000 * count) / serverCpu).toFixed(0)} per second`)
}

function done(): number {
  return clients.reduce((sum, client) => sum + client.done, 0)
}

function perPeer(from: ServerUsage, to: ServerUsage): string {
  return ((to.memory - from.memory) / PEERS / 1024).toFixed(1)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
