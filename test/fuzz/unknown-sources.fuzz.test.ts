import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { macKeysOf, writeMacs } from '../../src/ciphers/noise/handshake/macs.js'
import { totalDrops } from '../../src/conformance/kit/drops.js'
import { connectedPair, kinds, pair } from '../support/ciphers/tunnels.js'
import { ipv4Packet } from '../support/netsim/packets.js'
import { pseudoRandom } from '../support/netsim/simulation.js'
import { FUZZ_TIMEOUT, rounds, SEED } from './rounds.js'

const ROUNDS = rounds(15_000, 340_000)

describe.each(kinds)('the cipher %s', (kind) => {
  it(
    'is silent to unknown sources, counts each of their datagrams and delivers none: random, truncated, wrong mac1, unknown key',
    () => {
      const { network, server, simulation } = connectedPair(kind)
      const unknown = pair(kind) // knows the protocol, but no key of this tunnel
      unknown.client.send(unknown.serverId, ipv4Packet(100))
      const [initiation] = unknown.network.sent
      const genuine = network.sent.map(({ bytes }) => bytes)
      const link = network.link('server', 'unknown')
      const random = pseudoRandom(SEED)
      const droppedBefore = totalDrops(server.cipher)
      let answered = 0
      let accepted = 0
      for (let round = 0; round < ROUNDS; round++) {
        const which = round % 4
        const one = genuine[Math.floor(random() * genuine.length)]!
        const datagram =
          which === 0
            ? Uint8Array.from(randomBytes(Math.floor(random() * 300)))
            : which === 1
              ? one.slice(0, Math.floor(random() * one.length))
              : which === 2
                ? wrongMac1(genuine[0]!, random)
                : Uint8Array.from(initiation!.bytes)
        if (which === 3) writeMacs(datagram, macKeysOf(randomBytes(32)).mac1, undefined)
        const { opened, replies } = server.cipher.open(link, [datagram], simulation.now())
        answered += replies.length
        accepted += opened.filter(({ packets, roams }) => packets.length > 0 || roams).length
      }
      const counted = totalDrops(server.cipher) - droppedBefore
      expect({ answered, accepted, counted }, `seed ${SEED}`).toEqual({
        answered: 0,
        accepted: 0,
        counted: ROUNDS,
      })
    },
    FUZZ_TIMEOUT,
  )
})

function wrongMac1(initiation: Uint8Array, random: () => number): Uint8Array {
  const altered = Uint8Array.from(initiation)
  altered[Math.floor(random() * (altered.length - 16))]! ^= 1 + Math.floor(random() * 255)
  return altered
}
