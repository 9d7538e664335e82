import { describe, expect, it } from 'vitest'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import type { Cipher, PeerId } from '../../../src/core/api/cipher.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { packetOf } from '../../../src/core/api/packet.js'
import type { LinkHandlers } from '../../../src/core/api/transport.js'
import { FirstSender } from '../../../src/core/forwarding/first-sender.js'
import { Pump } from '../../../src/core/forwarding/pump.js'
import { EVERYTHING } from '../../../src/core/ip/ip-prefix.js'
import { createSegmenter } from '../../../src/core/offload/index.js'
import { Peer, Peers } from '../../../src/core/peers/peers.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { MemoryTunDriver } from '../../../src/tun/memory.js'
import { afterTest } from '../../support/after-test.js'
import { pair } from '../../support/ciphers/tunnels.js'
import { eventually } from '../../support/eventually.js'
import { patient } from '../../support/streams/dial-wait.js'
import { STREAM_WAYS, testParts } from '../../support/streams/stream-test-parts.js'

const MTU = 1_420
const HEADERS = 40
/** Bytes of a packet that stands for 44 of 1,300 bytes of payload. */
const SUPER = HEADERS + 44 * 1_300

describe.each(STREAM_WAYS)('two tunnels over WebSockets $way', ({ native }) => {
  it('cut what goes to a server that takes no large messages, as soon as there is a session', async () => {
    const ciphers = pair('aes-256-gcm')
    const server = await end(ciphers.server.cipher, ciphers.clientId)
    const client = await end(ciphers.client.cipher, ciphers.serverId)
    const websocket = { maxMessage: 8_192 }
    const listener = await new WebSocketTransport({ localPort: 0, websocket }, testParts({ native })).listen(
      new URL('ws://127.0.0.1:0/tunnel'),
      server.pump,
    )
    afterTest(() => listener.close())
    const link = await new WebSocketTransport({ localPort: 0 }, testParts({ native })).dial(
      listener.endpoint,
      client.pump,
      patient(),
    )
    afterTest(() => link.close())
    client.pump.uses(client.peer, link)
    client.pump.run((now) => link.send(ciphers.client.cipher.sessions!.initiate(ciphers.serverId, now)))
    await eventually('the client knows', () => link.maxDatagram, 8_192)
    client.pump.receivePackets([{ ...packetOf(superPacket()), segmentSize: 1_300, checksum: 'partial' }])
    await eventually('all arrives', () => server.device.written.length, 44)
    expect(new Set(server.device.written.map(({ length }) => length))).toEqual(new Set([HEADERS + 1_300]))
    expect(link.drops.oversized).toBe(0)
  })
})

/** An end with a device in memory, whose only peer owns all addresses. */
async function end(cipher: Cipher, id: PeerId) {
  const device = await new MemoryTunDriver().open({ name: undefined, mtu: MTU, addresses: [], routes: [] })
  const peers = new Peers()
  const peer = new Peer(id)
  peers.add(peer, EVERYTHING)
  const ends = new Recorder()
  const pump: Pump & LinkHandlers = new Pump({
    ...{ tun: device, cipher, peers, firstSender: new FirstSender(), mtu: MTU, clock: systemClock },
    segmenter: createSegmenter((bytes) => new Uint8Array(bytes)),
    log: silentLogger,
    failed: (error) => ends.failed(error),
  })
  pump.start()
  afterTest(async () => pump.stop())
  return { device, peer, pump }
}

/** A TCP packet that stands for many; its checksum is the kernel's matter. */
function superPacket(): Uint8Array {
  const packet = new Uint8Array(SUPER)
  packet.set([0x45, 0, SUPER >> 8, SUPER & 0xff, 0, 0, 0x40, 0, 64, 6])
  packet.set([10, 0, 0, 1, 10, 0, 0, 2], 12)
  packet[32] = 5 << 4
  return packet
}
