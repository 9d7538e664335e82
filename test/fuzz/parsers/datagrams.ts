import { nodeAead } from '../../../src/ciphers/aead/aead-node.js'
import { writeMacs } from '../../../src/ciphers/noise/handshake/macs.js'
import { xor } from '../../../src/ciphers/xor.js'
import { totalDrops } from '../../../src/conformance/kit/drops.js'
import { partContext } from '../../support/ciphers/part-context.js'
import { connectedPair, type Kind, kinds } from '../../support/ciphers/tunnels.js'
import { type Chance, joined } from '../../support/fuzz/chance.js'
import { expectThat, type FuzzParser } from '../../support/fuzz/fuzz-parser.js'
import { deadLink } from '../../support/links.js'
import { ipv4Packet, numberOf } from '../../support/netsim/packets.js'

/** Rounds after which a session has to carry a packet, and is made anew: time stands still for it meanwhile. */
const PER_SESSION = 20_000

const XOR = xor.create({ key: '1234abcd', peers: [{ id: 'peer' }], ...partContext() })

/** Datagrams of unknown sources, also with the mac that anybody can write who knows a public key. */
export const datagrams: FuzzParser = {
  name: 'datagrams',
  about: 'datagrams of any source to a tunnel that is up',
  share: 6_000,
  start() {
    let labs: ReturnType<typeof makeLab>[] = []
    let rounds = 0
    const begin = () => {
      for (const lab of labs) lab.stillCarries()
      labs = kinds.map(makeLab)
    }
    return {
      round(chance) {
        if (rounds++ % PER_SESSION === 0) begin()
        chance.pick(labs).round(chance)
        openXor(chance)
      },
      close() {
        for (const lab of labs) lab.stillCarries()
      },
    }
  },
}

/** CrapVPN's datagrams, which prove nothing: what is whole comes out, and nothing else. */
function openXor(chance: Chance): void {
  const text = chance.bytes(chance.below(60))
  const genuine = joined(Buffer.from('crap'), Uint8Array.of(0, text.length, chance.below(256), 0), text)
  const bytes = chance.happens(0.3) ? genuine : chance.mutate(genuine)
  const isWhole = bytes.length >= 8 && Buffer.from(bytes.subarray(0, 4)).equals(Buffer.from('crap'))
  const isRight = isWhole && ((bytes[4]! << 8) | bytes[5]!) === bytes.length - 8
  const { opened } = XOR.open(deadLink(), [bytes], 0)
  const packets = opened.flatMap((inbox) => inbox.packets.map(({ bytes }) => bytes.length))
  expectThat(isRight || packets.length === 0, 'xor: what is no datagram is opened')
  expectThat(
    packets.every((length) => length === bytes.length - 8),
    `xor: ${packets} bytes of ${bytes.length}`,
  )
}

function makeLab(kind: Kind) {
  const { client, clientId, network, server, serverId, serverProtocol, simulation } = connectedPair(kind, {
    aeadFactory: nodeAead,
  })
  client.send(serverId, ipv4Packet(200))
  client.probe(serverId, 1)
  simulation.advance(100)
  const genuine = network.sent.map(({ bytes }) => Uint8Array.from(bytes))
  const links = [network.link('server', 'unknown'), network.link('server', 'unknown-stream', true)]
  const round = (chance: Chance) => {
    const bytes = chance.mutate(chance.pick(genuine))
    // So that what is within gets read: an initiation's mac takes no secret.
    if (bytes[0] === 1 && bytes.length === serverProtocol.initiationLength && chance.happens(0.7))
      writeMacs(bytes, serverProtocol.macs.mac1, undefined)
    if (chance.happens(0.1)) bytes.set([1 + chance.below(4), 0, 0, 0].slice(0, bytes.length))
    const [before, length] = [totalDrops(server.cipher), bytes.length]
    // Now and then so much later that the limits of handshakes let more of them be read.
    const now = simulation.now() + chance.below(60_000)
    const { opened, replies } = server.cipher.open(chance.pick(links), [bytes], now)
    for (const { packets, roams } of opened)
      expectThat(packets.length === 0 && !roams, `${kind}: it is believed`)
    expectThat(replies.length <= 1, `${replies.length} answers`)
    for (const reply of replies) expectThat(reply.length <= length, `${reply.length} bytes for ${length}`)
    const dropped = totalDrops(server.cipher) - before
    expectThat(dropped === 1 || replies.length === 1 || opened.length === 1, 'it is not counted')
  }
  const stillCarries = () => {
    client.send(serverId, ipv4Packet(100, 5))
    server.send(clientId, ipv4Packet(100, 6))
    simulation.advance(100)
    const last = [server, client].map(({ delivered }) => delivered.at(-1))
    expectThat(last.map((one) => one && numberOf(one.bytes)).join() === '5,6', `${kind}: the session is gone`)
  }
  return { round, stillCarries }
}
