import { randomBytes } from 'node:crypto'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { createContainer } from '../../src/app/container.js'
import { choosePlugin } from '../../src/app/plugins/plugins.js'
import { Tunnel } from '../../src/app/tunnel/tunnel.js'
import { generatePrivateKey, generateSharedKey, publicKeyOf } from '../../src/ciphers/keys/keys.js'
import { macKeysOf, writeMacs } from '../../src/ciphers/noise/handshake/macs.js'
import { ipPacket } from '../../src/conformance/kit/packets.js'
import type { Fields, Logger } from '../../src/core/api/logger.js'
import { EVERYTHING } from '../../src/core/ip/ip-prefix.js'
import type { CipherSettings } from '../../src/core/plugin/plugin.js'
import type { MemoryTunDevice, MemoryTunDriver } from '../../src/tun/memory.js'
import { eventually } from '../support/eventually.js'
import { pseudoRandom } from '../support/netsim/simulation.js'
import { FUZZ_TIMEOUT, rounds, SEED } from './rounds.js'

/** Datagrams of unknown sources to each of the two ciphers: a million together in `npm run long`. */
const ROUNDS = rounds(20_000, 500_000)
/** Datagrams that the socket's buffer surely takes while the process does something else. */
const BATCH = 50

describe.each(['wireguard', 'aes-256-gcm'])('a tunnel over UDP sealed by %s', (cipher) => {
  it(
    'answers 0 bytes to unknown sources, counts what they sent, and goes on',
    async () => {
      const { near, far } = settingsOf(cipher)
      const log = new CarriedLog()
      const server = await start(cipher, far, log)
      const client = await start(cipher, near, new CarriedLog(), server.endpoint)
      const { genuine, port } = {
        genuine: await initiationOf(cipher, near),
        port: Number(server.endpoint.port),
      }
      const unknown = await boundSocket()
      let answers = 0
      unknown.on('message', () => answers++)
      const random = pseudoRandom(SEED)

      await exchange(client.device, server.device)
      for (let sent = 0; sent < ROUNDS; sent += BATCH) {
        for (let number = 0; number < BATCH; number++) {
          unknown.send(strangeDatagram(number, genuine, random), port, '127.0.0.1')
        }
        await exchange(client.device, server.device) // what comes after them shows that they were read
      }
      await client.tunnel.close()
      await server.tunnel.close()
      unknown.close()
      expect(answers, `seed ${SEED}`).toBe(0)
      expect(log.dropped, `seed ${SEED}`).toBe(ROUNDS)
    },
    FUZZ_TIMEOUT,
  )
})

/** A datagram of an unknown source: random, truncated, with a wrong mac1, or made for a key that is not this end's. */
function strangeDatagram(number: number, genuine: Uint8Array, random: () => number): Uint8Array {
  const below = (limit: number) => Math.floor(random() * limit)
  const datagram = Uint8Array.from(genuine)
  switch (number % 4) {
    case 0: {
      const bytes = Uint8Array.from(randomBytes(1 + below(200)))
      if (bytes.length > 4 && random() < 0.5) bytes.set([1 + below(4), 0, 0, 0]) // like a message's type
      return bytes
    }
    case 1:
      return datagram.subarray(0, 1 + below(datagram.length - 1))
    case 2:
      datagram[below(datagram.length - 16)]! ^= 1 + below(255)
      return datagram
    default:
      writeMacs(datagram, macKeysOf(randomBytes(32)).mac1, undefined)
      return datagram
  }
}

/** Remembers where a tunnel listened, and what it had dropped when it ended. */
class CarriedLog implements Logger {
  endpoint: URL | undefined
  dropped: number | undefined

  info(message: string, fields: Fields = {}): void {
    if (message === 'listening') this.endpoint = new URL(fields.endpoint as string)
    if (message !== 'tunnel carried') return
    const counts = Object.values(fields.dropped as Record<string, number>)
    this.dropped = counts.reduce((sum, count) => sum + count, 0)
  }

  debug(): void {}
  warn(): void {}
  error(): void {}
}

/** The settings of two ends that know each other. */
function settingsOf(cipher: string): { near: CipherSettings; far: CipherSettings } {
  if (cipher !== 'wireguard') {
    const settings = { key: generateSharedKey(), peers: [{ id: 'peer' }] }
    return { near: settings, far: settings }
  }
  const [near, far] = [generatePrivateKey(), generatePrivateKey()]
  return {
    near: { privateKey: near, peers: [{ id: publicKeyOf(far) }] },
    far: { privateKey: far, peers: [{ id: publicKeyOf(near) }] },
  }
}

/** A tunnel with no interface that listens on the loopback, and calls the other one where that is given. */
async function start(cipher: string, settings: CipherSettings, log: CarriedLog, peer?: URL) {
  const container = await createContainer(log, [])
  const { key, peers, privateKey } = settings
  const config = {
    ...{ cipher, key, privateKey },
    peers: peers.map(({ id }) => ({ id, allowed: EVERYTHING, endpoints: peer ? [peer] : [] })),
    listen: [new URL('udp://127.0.0.1:0')],
    tunDriver: 'memory',
    tun: { name: undefined, mtu: 1420, addresses: [], routes: [] },
    plugins: [],
  }
  const tunnel = await Tunnel.start(container, config, new AbortController().signal)
  const { devices } = choosePlugin(container, 'TUN driver', 'memory').make(
    {},
    new AbortController().signal,
  ) as MemoryTunDriver
  return { tunnel, device: devices.get(tunnel.device)!, endpoint: log.endpoint! }
}

/** The first message of an end with these settings. */
async function initiationOf(cipher: string, settings: CipherSettings): Promise<Uint8Array> {
  const container = await createContainer(new CarriedLog(), [])
  const made = await choosePlugin(container, 'cipher', cipher).make(settings, new AbortController().signal)
  const [initiation] = made.sessions!.initiate(settings.peers[0]!.id, 0)
  return Uint8Array.from(initiation!)
}

async function boundSocket(): Promise<dgram.Socket> {
  // By default dgram would put off each send to look its address up.
  const socket = dgram.createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) })
  const listening = once(socket, 'listening') // the event may come within bind()
  socket.bind(0, '127.0.0.1')
  await listening
  return socket
}

/** Lets a packet leave one host and waits until it arrives at the other. */
async function exchange(from: MemoryTunDevice, to: MemoryTunDevice): Promise<void> {
  to.written.length = 0
  from.inject(ipPacket(100, 2))
  await eventually('the packet arrives', () => to.written.length > 0)
}
