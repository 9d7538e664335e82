import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { packetOf } from '../../src/core/api/packet.js'
import { connectedPair } from '../support/ciphers/tunnels.js'
import { ipv4Packet } from '../support/netsim/packets.js'
import { pseudoRandom } from '../support/netsim/simulation.js'
import { FUZZ_TIMEOUT, rounds, SEED } from './rounds.js'

/** More than numbers of 16 bits tell apart. */
const PACKETS = rounds(70_000, 1_000_000)
const MAX_DATAGRAM = 300
/** All of one length, or those that are mixed would be seen to be malformed. */
const PACKET_BYTES = 700
/** Packets in a row that lose pieces, and from where on they do so again: between them, what waits goes on waiting. */
const LOSSY = 100
const LOSSY_EVERY = 70_000
/** Datagrams that one may be overtaken by. */
const REORDERED = 2

describe('packets in pieces', () => {
  it(
    'arrive as they were sent or not at all, and once, however their datagrams are lost, doubled and reordered',
    () => {
      const { client, network, server, serverId, simulation } = connectedPair('chacha20-poly1305')
      const random = pseudoRandom(SEED)
      const below = (limit: number) => Math.floor(random() * limit)
      const link = network.link('server', 'client')
      const underway: Uint8Array[] = []
      const arrived = new Set<number>()
      const deliver = (datagram: Uint8Array) => {
        const { opened } = server.cipher.open(link, [packetOf(datagram).bytes], simulation.now())
        for (const { bytes } of opened.flatMap(({ packets }) => packets)) {
          const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(20)
          if (arrived.has(number)) throw new Error(`seed ${SEED}: packet ${number} came twice`)
          arrived.add(number)
          // Every byte but those of the number is the packet's own: a part of another one would show.
          const isWhole = bytes.subarray(24).every((byte) => byte === number % 251)
          if (!isWhole) throw new Error(`seed ${SEED}: packet ${number} is not as it was sent`)
        }
      }
      for (let number = 0; number < PACKETS; number++) {
        const packet = ipv4Packet(PACKET_BYTES)
        new DataView(packet.buffer, packet.byteOffset).setUint32(20, number)
        packet.fill(number % 251, 24)
        const now = simulation.now()
        for (const datagram of client.cipher.seal(serverId, [packetOf(packet)], MAX_DATAGRAM, now)) {
          if (number % LOSSY_EVERY < LOSSY && random() < 0.1) continue
          underway.push(Uint8Array.from(datagram))
          if (random() < 0.05) underway.push(Uint8Array.from(datagram))
        }
        while (underway.length > REORDERED) deliver(underway.splice(below(REORDERED), 1)[0]!)
      }
      for (const datagram of underway) deliver(datagram)
      expect(arrived.size / PACKETS).toBeGreaterThan(0.99)
    },
    FUZZ_TIMEOUT,
  )

  it(
    'of any bytes from an authentic peer are survived, and come to nothing that is no packet',
    () => {
      const { client, network, server, serverId, simulation } = connectedPair('wireguard')
      const random = pseudoRandom(SEED)
      const below = (limit: number) => Math.floor(random() * limit)
      const link = network.link('server', 'client')
      for (let round = 0; round < rounds(20_000, 500_000); round++) {
        const last = below(random() < 0.9 ? 3 : 256)
        const frame = Uint8Array.from([0x02, below(last + 2), last, ...randomBytes(below(60))])
        const sealed = client.cipher.seal(serverId, [packetOf(frame)], 65_507, simulation.now())
        const copies = sealed.map((bytes) => packetOf(bytes).bytes)
        for (const { packets } of server.cipher.open(link, copies, simulation.now()).opened) {
          const odd = packets.find(({ bytes }) => ![4, 6].includes(bytes[0]! >>> 4))
          if (odd !== undefined) throw new Error(`seed ${SEED}, round ${round}: ${odd.bytes[0]} is no packet`)
        }
      }
      client.send(serverId, ipv4Packet(100, 5))
      simulation.advance(100)
      expect(server.delivered.at(-1)?.bytes).toEqual(ipv4Packet(100, 5))
    },
    FUZZ_TIMEOUT,
  )
})
