import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import type { AeadName } from '../../src/ciphers/aead/aead.js'
import { EndIds } from '../../src/ciphers/noise/handshake/end-ids.js'
import { writeMacs } from '../../src/ciphers/noise/handshake/macs.js'
import { processTimestamps } from '../../src/ciphers/noise/handshake/tai64n.js'
import { aes256Gcm, chacha20Poly1305 } from '../../src/ciphers/psk.js'
import { NO_DEBUG, silentLogger } from '../../src/core/api/logger.js'
import { partContext } from '../support/ciphers/part-context.js'
import { pskProtocol } from '../support/ciphers/psk-protocols.js'
import { RecordingLogger } from '../support/ciphers/tunnels.js'
import { End } from '../support/netsim/end.js'
import { Network } from '../support/netsim/network.js'
import { ipv4Packet, numberOf } from '../support/netsim/packets.js'
import { Simulation } from '../support/netsim/simulation.js'

const HANDSHAKES = 3_000
/** Milliseconds between two of them: an end answers no sooner than 20 ms after the last. */
const PACE = 25

it.each([aes256Gcm, chacha20Poly1305])(
  'a holder of the key of $name that floods with handshakes of several ends fills no log, and the right end comes back',
  { timeout: 60_000 },
  (plugin) => {
    const simulation = new Simulation()
    const network = new Network(simulation)
    const key = randomBytes(32)
    const end = (address: string, log = Object.assign(new RecordingLogger(), { debug: NO_DEBUG })) => {
      const settings = { key: key.toString('hex'), peers: [{ id: 'peer' }] }
      const context = { ...settings, ...partContext({ clock: simulation, log }) }
      return { end: new End(simulation, network, address, plugin.create(context)), log }
    }
    const client = end('client').end
    const { end: server, log } = end('server')
    client.use('peer', 'server')
    client.send('peer', ipv4Packet(100, 1))
    simulation.advance(100)

    const hostile = [1, 2, 3].map((number) => {
      const id = new EndIds(new Uint8Array(16).fill(number), silentLogger)
      const protocol = pskProtocol(plugin.name as AeadName, Uint8Array.from(key), id, 'peer')
      return { protocol, remote: protocol.remote({ id: 'peer' }) }
    })
    const link = network.link('server', 'hostile')
    let answers = 0
    for (let number = 0; number < HANDSHAKES; number++) {
      const { protocol, remote } = hostile[number % hostile.length]!
      const { initiation } = remote.start(number, processTimestamps.next(simulation.wall()))!
      writeMacs(initiation, protocol.macs.mac1, undefined)
      answers += server.cipher.open(link, [initiation], simulation.now()).replies.length
      simulation.advance(PACE)
    }
    expect(answers).toBeGreaterThan(HANDSHAKES / 2)
    const minutes = Math.ceil((HANDSHAKES * PACE) / 60_000)
    const kinds = new Set(log.lines.map((line) => line.split(' {')[0]))
    expect([...kinds].some((line) => line?.startsWith('a third end uses the shared key'))).toBe(true)
    expect(log.lines.length).toBeLessThanOrEqual(kinds.size * (minutes + 1))

    simulation.advance(10_000)
    client.send('peer', ipv4Packet(100, 2))
    simulation.advance(10_000)
    expect(server.delivered.map(({ bytes }) => numberOf(bytes))).toContain(2)
  },
)
