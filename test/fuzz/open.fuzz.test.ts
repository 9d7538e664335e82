import { randomBytes } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { fastestAead } from '../../src/ciphers/aead/choose-aead.js'
import { silentLogger } from '../../src/core/api/logger.js'
import { connectedPair, kinds } from '../support/ciphers/tunnels.js'
import { ipv4Packet } from '../support/netsim/packets.js'
import { pseudoRandom } from '../support/netsim/simulation.js'
import { FUZZ_TIMEOUT, rounds, SEED } from './rounds.js'

const ROUNDS = rounds(70_000, 2_000_000)
const WARM_UP = 10_000
const MAX_GROWTH = 10 * 2 ** 20

/** A datagram made of a genuine one by chance: bytes changed, cut off, added, or all of it random. */
function mutate(genuine: Uint8Array, random: () => number): Uint8Array {
  const below = (limit: number) => Math.floor(random() * limit)
  const kind = random()
  if (kind < 0.2) return Uint8Array.from(randomBytes(below(200)))
  if (kind < 0.4) return genuine.slice(0, below(genuine.length))
  if (kind < 0.5) return Uint8Array.from([...genuine, ...randomBytes(below(40))])
  if (kind < 0.6) return Uint8Array.from([1 + below(4), 0, 0, 0, ...randomBytes(below(200))])
  const changed = Uint8Array.from(genuine)
  for (let times = 1 + below(4); times > 0; times--) changed[below(changed.length)]! ^= 1 << below(8)
  return changed
}

describe.each(kinds)('the cipher %s', (kind) => {
  it(
    'survives mutated datagrams without a throw or a leak, and its session goes on',
    () => {
      const way = fastestAead(silentLogger)
      const { simulation, network, client, server, serverId, clientId } = connectedPair(kind, {
        aeadFactory: way,
      })
      client.send(serverId, ipv4Packet(200))
      client.probe(serverId, 1)
      simulation.advance(100)
      const genuine = network.sent.map(({ bytes }) => bytes)
      const random = pseudoRandom(SEED)
      const link = network.link('server', 'unknown')
      const before = server.delivered.length
      let heap = 0
      for (let round = 0; round < ROUNDS; round++) {
        if (round === WARM_UP) heap = usedHeap()
        const datagram = mutate(genuine[Math.floor(random() * genuine.length)]!, random)
        const { opened } = server.cipher.open(link, [datagram], simulation.now())
        const isRefused = opened.every(({ packets, roams }) => packets.length === 0 && !roams)
        if (!isRefused) throw new Error(`seed ${SEED}, round ${round}: a mutated datagram is taken`)
      }
      expect(usedHeap() - heap).toBeLessThan(MAX_GROWTH)
      client.send(serverId, ipv4Packet(100, 5))
      server.send(clientId, ipv4Packet(100, 6))
      simulation.advance(100)
      expect(server.delivered).toHaveLength(before + 1)
      expect(client.delivered).toHaveLength(1)
    },
    FUZZ_TIMEOUT,
  )
})

function usedHeap(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}
