import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { CONTROL_TYPES, readControl, writeControl } from '../../src/ciphers/noise/control/control.js'
import { readSettings, settingsItems } from '../../src/ciphers/noise/control/control-settings.js'
import { CONTROL_FRAME } from '../../src/ciphers/noise/wire/frames.js'
import { packetOf } from '../../src/core/api/packet.js'
import { MAX_PUSHED } from '../../src/core/settings/client-settings.js'
import { SOME_SETTINGS } from '../support/ciphers/settings-samples.js'
import { connectedPair } from '../support/ciphers/tunnels.js'
import { ipv4Packet } from '../support/netsim/packets.js'
import { pseudoRandom } from '../support/netsim/simulation.js'
import { FUZZ_TIMEOUT, rounds, SEED } from './rounds.js'

const ROUNDS = rounds(60_000, 1_000_000)
const SEALED_ROUNDS = rounds(10_000, 200_000)

const SETTINGS = settingsItems(SOME_SETTINGS)
const GENUINE = Object.values(CONTROL_TYPES).flatMap((type) => [
  writeControl({ type, id: 1, items: [] }),
  writeControl({ type, id: 2, items: SETTINGS }),
  writeControl({ type, id: 3, items: [{ type: 1, value: Uint8Array.of(1) }] }),
])

/** A control message made of a genuine one by chance. Its first byte stays, so that it is taken for one. */
function mutate(random: () => number): Uint8Array {
  const below = (limit: number) => Math.floor(random() * limit)
  const genuine = GENUINE[below(GENUINE.length)]!
  const kind = random()
  if (kind < 0.1) return Uint8Array.from([CONTROL_FRAME, ...randomBytes(below(200))])
  if (kind < 0.3) return genuine.slice(0, 1 + below(genuine.length))
  const changed = Uint8Array.from(kind < 0.4 ? [...genuine, ...randomBytes(below(40))] : genuine)
  for (let times = 1 + below(4); times > 0; times--) changed[1 + below(changed.length - 1)]! ^= 1 << below(8)
  return changed
}

describe('control messages by chance', () => {
  it(
    'are read or refused, and never hold more than they may',
    () => {
      const random = pseudoRandom(SEED)
      for (let round = 0; round < ROUNDS; round++) {
        const message = readControl(mutate(random))
        const settings = message && readSettings(message.items)
        if (settings === undefined) continue
        expect(settings.addresses.length, `seed ${SEED}`).toBeLessThanOrEqual(MAX_PUSHED.addresses)
        expect(settings.routes.length, `seed ${SEED}`).toBeLessThanOrEqual(MAX_PUSHED.routes)
      }
    },
    FUZZ_TIMEOUT,
  )

  it(
    'from an authentic peer are survived, each answered by one message at most, and the session goes on',
    () => {
      const { client, clientId, network, server, serverId, simulation } = connectedPair('wireguard')
      server.ask(clientId)
      simulation.advance(1000)
      const random = pseudoRandom(SEED)
      const link = network.link('server', 'client')
      for (let round = 0; round < SEALED_ROUNDS; round++) {
        const now = simulation.now()
        // The client's cipher seals whatever it is given.
        const sealed = client.cipher.seal(serverId, [packetOf(mutate(random))], 65_507, now)
        const { replies } = server.cipher.open(
          link,
          sealed.map((bytes) => Uint8Array.from(bytes)),
          now,
        )
        expect(replies.length, `seed ${SEED}`).toBeLessThanOrEqual(sealed.length + 1)
        // So that the client renews its session once it is two minutes old.
        link.send(replies)
        if (round % 1000 === 0) simulation.advance(1000)
      }
      client.send(serverId, ipv4Packet(100, 5))
      simulation.advance(100)
      expect(server.delivered.at(-1)?.bytes).toEqual(ipv4Packet(100, 5))
    },
    FUZZ_TIMEOUT,
  )
})
