import 'reflect-metadata'
import { TestAuthority } from '../lab/certificates.js'
import { createContainer } from '../src/app/container.js'
import { Tunnel } from '../src/app/tunnel/tunnel.js'
import { generatePrivateKey, publicKeyOf } from '../src/ciphers/keys/keys.js'
import { type Logger, silentLogger } from '../src/core/api/logger.js'
import { EVERYTHING } from '../src/core/ip/ip-prefix.js'
import { MeasuredServer, OWN_LOOPBACK } from './measured-server.js'

/*
 * node dist/bench/idle-clients.js [CLIENTS [SECONDS [SCHEME]]]
 *
 * What clients over ws (or SCHEME: tcp or wss) with live sessions that send nothing cost one server process, over the
 * loopback: memory of each, and the CPU time of all of them, keepalives included. openssl makes the certificate.
 */

const CLIENTS = Number(process.argv[2] ?? 1_000)
const SECONDS = Number(process.argv[3] ?? 60)
/** Clients that come before those that are measured, to warm the server up. */
const WARM_UP = 200
/** Clients that connect at the same time: the server hears only some unknown sources from one address. */
const AT_ONCE = 8
const SCHEME = process.argv[4] ?? 'ws'
const ENDPOINT = new URL(`${SCHEME}://${OWN_LOOPBACK}:13370${SCHEME === 'tcp' ? '' : '/tunnel'}`)

const authority = new TestAuthority()
const { cert, key } = authority.issue(ENDPOINT.hostname)

const keys = Array.from({ length: WARM_UP + CLIENTS }, generatePrivateKey)
const privateKey = generatePrivateKey()
const serverId = publicKeyOf(privateKey)
const server = await MeasuredServer.start({
  privateKey,
  listen: ENDPOINT.href,
  publicKeys: keys.map(publicKeyOf),
  transports: { localPort: 0, groups: { tls: { cert, key } } },
})

await connectAll(keys.slice(0, WARM_UP))
const before = await server.usage()
await connectAll(keys.slice(WARM_UP))
const connected = await server.usage()
const begun = performance.now()
await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000))
const idle = await server.usage()
const seconds = (performance.now() - begun) / 1000

const kibibytes = (bytes: number) => (bytes / 1024 / CLIENTS).toFixed(1)
say(
  `memory of ${CLIENTS} idle clients over ${SCHEME}: ${kibibytes(idle.memory - before.memory)} KiB each in use, ${kibibytes(idle.resident - before.resident)} KiB of RSS`,
)
const busy = (idle.cpu - connected.cpu) / seconds / 10
say(
  `CPU time of ${WARM_UP + CLIENTS} idle clients in ${seconds.toFixed(0)} s: ${busy.toFixed(2)} % of one CPU`,
)
say(
  `wake-ups meanwhile: ${((idle.wakeUps - connected.wakeUps) / (WARM_UP + CLIENTS)).toFixed(2)} for each client`,
)
await server.stop()
process.exit()

async function connectAll(some: readonly string[]): Promise<void> {
  const waiting = some.values()
  const one = async () => {
    for (const key of waiting) await connect(key)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
}

/** Resolves once the client has a session. */
async function connect(key: string): Promise<void> {
  let reached = () => {}
  const session = new Promise<void>((resolve) => {
    reached = resolve
  })
  const log: Logger = { ...silentLogger, info: (message) => message === 'peer is reached' && reached() }
  const config = {
    cipher: 'wireguard',
    privateKey: key,
    peers: [{ id: serverId, allowed: EVERYTHING, endpoints: [ENDPOINT] }],
    listen: [],
    tunDriver: 'memory',
    tun: { name: undefined, mtu: 1420, addresses: [], routes: [] },
    plugins: [],
    transports: { localPort: 0, groups: { tls: { ca: authority.ca } } },
  }
  await Tunnel.start(await createContainer(log, []), config, new AbortController().signal)
  await session
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
