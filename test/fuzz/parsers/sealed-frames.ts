import { CONTROL_TYPES, writeControl } from '../../../src/ciphers/noise/control/control.js'
import { settingsItems } from '../../../src/ciphers/noise/control/control-settings.js'
import { packetOf } from '../../../src/core/api/packet.js'
import { SOME_SETTINGS } from '../../support/ciphers/settings-samples.js'
import { connectedPair } from '../../support/ciphers/tunnels.js'
import { type Chance, joined } from '../../support/fuzz/chance.js'
import { expectThat, type FuzzParser } from '../../support/fuzz/fuzz-parser.js'
import { ipv4Packet } from '../../support/netsim/packets.js'

/** The first byte of a piece of a packet that no datagram holds whole. */
const TUNNEL_FRAGMENT = 0x02
/** Rounds after which the session is made anew: time goes on by a millisecond each. */
const PER_SESSION = 20_000
const SETTINGS = settingsItems(SOME_SETTINGS)
const GENUINE = [
  ...Object.values(CONTROL_TYPES).flatMap((type) => [
    writeControl({ type, id: 1, items: [] }),
    writeControl({ type, id: 2, items: SETTINGS }),
    writeControl({ type, id: 3, items: [{ type: 1, value: Uint8Array.of(1) }] }),
  ]),
  ipv4Packet(100, 7),
]

/** What a peer with the right keys seals: packets, pieces of packets, control messages, and what is none of them. */
export const sealedFrames: FuzzParser = {
  name: 'sealed-frames',
  about: 'what a peer seals that has the right keys',
  share: 4_000,
  start() {
    let lab = connectedPair('wireguard')
    let rounds = 0
    return {
      round(chance) {
        if (++rounds % PER_SESSION === 0) lab = connectedPair('wireguard')
        const { client, network, server, serverId, simulation } = lab
        const now = simulation.now()
        if (chance.happens(0.001)) server.cipher.settings?.ask(lab.clientId, true, now)
        const sealed = client.cipher.seal(serverId, [packetOf(frame(chance))], 65_507, now)
        const copies = sealed.map((bytes) => Uint8Array.from(bytes))
        const { opened, replies } = server.cipher.open(network.link('server', 'client'), copies, now)
        for (const { packets } of opened) {
          for (const { bytes } of packets)
            expectThat([4, 6].includes(bytes[0]! >>> 4), 'no packet is delivered')
        }
        expectThat(replies.length <= sealed.length + 1, `${replies.length} answers to ${sealed.length}`)
        simulation.advance(1)
      },
      close() {
        const { client, server, serverId, simulation } = lab
        client.send(serverId, ipv4Packet(100, 5))
        simulation.advance(10_000)
        const last = server.delivered.at(-1)?.bytes
        expectThat(
          last !== undefined && Buffer.compare(last, ipv4Packet(100, 5)) === 0,
          'the session is gone',
        )
      },
    }
  },
}

function frame(chance: Chance): Uint8Array {
  if (chance.happens(0.3)) {
    const last = chance.below(chance.happens(0.9) ? 3 : 256)
    const piece = Uint8Array.of(TUNNEL_FRAGMENT, chance.below(last + 2), last)
    return joined(piece, chance.bytes(chance.below(60)))
  }
  const bytes = chance.mutate(chance.pick(GENUINE))
  return bytes.length === 0 ? Uint8Array.of(chance.below(256)) : bytes
}
