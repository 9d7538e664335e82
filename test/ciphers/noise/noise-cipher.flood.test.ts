import { randomFillSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { writeMacs } from '../../../src/ciphers/noise/handshake/macs.js'
import { kinds, pair } from '../../support/ciphers/tunnels.js'
import { ipv4Packet, numberOf } from '../../support/netsim/packets.js'

const PER_SECOND = 5000
/** Seconds. The flood of the promise lasts 60; the state after one is the same as after many. */
const DURATION = 6

it.each(kinds)(
  'a flood of 5,000 initiations a second with right mac1 leaves %s most of the CPU, and others get through',
  { timeout: 60_000 },
  (kind) => {
    const { simulation, network, client, server, serverId, clientId, serverProtocol } = pair(kind)
    const link = network.link('server', 'flood')
    const forged = new Uint8Array(serverProtocol.initiationLength)
    /** Milliseconds of CPU time in each second of the flood. */
    const spent = new Array<number>(DURATION).fill(0)
    client.send(serverId, ipv4Packet(60, 1))
    for (let sent = 0; sent < PER_SECOND * DURATION; sent += 10) {
      const batch = [...new Array(10)].map(() => {
        randomFillSync(forged, 4)
        forged[0] = 1
        forged.fill(0, forged.length - 16)
        writeMacs(forged, serverProtocol.macs.mac1, undefined)
        return Uint8Array.from(forged)
      })
      const start = process.cpuUsage()
      server.cipher.open(link, batch, simulation.now())
      const { user, system } = process.cpuUsage(start)
      spent[Math.floor(sent / PER_SECOND)]! += (user + system) / 1000
      simulation.advance(10_000 / PER_SECOND)
    }
    expect(server.delivered.map(({ bytes }) => numberOf(bytes))).toEqual([1])
    expect(server.live(clientId)).toBe(true)
    // The median second: the machine's other work comes in bursts.
    const share = spent.sort((a, b) => a - b)[DURATION / 2]! / 1000
    process.stdout.write(
      `flood of ${PER_SECOND}/s against ${kind}: ${(100 * share).toFixed(0)} % of one CPU\n`,
    )
    expect(share).toBeLessThan(0.5)
  },
)
