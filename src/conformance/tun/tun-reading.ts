import { strict as assert } from 'node:assert'
import { HEADROOM, hasRoom, TAILROOM } from '../../core/api/packet.js'
import { hasRightChecksums } from '../hooks/samples.js'
import type { DefineCase } from '../kit/case.js'
import { expect } from '../kit/expect.js'
import { includesBytes, pattern, sameBytes } from '../kit/recorder.js'
import { payloads, type ReadPacket, type TunLab } from './tun-lab.js'
import { HEADERS, udpPayload } from './tun-place.js'

/** Datagrams of a burst: fewer than the queue of an interface holds, 500. */
const BURST = 100
/** What ends a case that waits: a datagram of another length. */
const LAST = pattern(77, 7)

/** Tests of what a device reads. */
export function testTunReading(test: DefineCase<TunLab>): void {
  test(
    'hands over what the host sends, in order',
    '`receive` gets each packet that leaves the host through the device: whole, once, in order.',
    async (lab) => {
      const { host, read } = await lab.start()
      const sent = Array.from({ length: BURST }, (_, at) => pattern(40 + at, at))
      await host.send(sent)
      await lab.until('all are read', () => payloads(read).length >= sent.length)
      expect(payloads(read)).toEqual(sent)
    },
  )

  test(
    'lends packets with room of their own around them',
    'Each packet has 64 bytes on either side that may be overwritten without touching another packet of the batch.',
    async (lab) => {
      const wrong: string[] = []
      const { host, read } = await lab.start((packets) => {
        const rooms = packets.map(({ bytes }) => {
          if (!hasRoom(bytes)) wrong.push(`a packet of ${bytes.length} bytes has no room`)
          const from = Math.max(0, bytes.byteOffset - HEADROOM)
          return new Uint8Array(bytes.buffer).subarray(from, bytes.byteOffset + bytes.length + TAILROOM)
        })
        for (const [at, room] of rooms.entries()) room.fill(at)
        const spoilt = rooms.findIndex((room, at) => room.some((byte) => byte !== at % 256))
        if (spoilt >= 0) wrong.push(`packet ${spoilt} of a batch shares its room`)
      })
      await host.send(Array.from({ length: BURST }, (_, at) => pattern(60, at)))
      await lab.until('all are read', () => payloads(read).length >= BURST)
      expect(wrong).toEqual([])
    },
  )

  test(
    'describes each packet',
    '`checksum` tells a full checksum from a partial one, and `segmentSize` is 0 unless the packet is a super-packet.',
    async (lab) => {
      const { host, read } = await lab.start()
      await host.send([pattern(100, 1), pattern(101, 2)])
      await lab.until('both are read', () => payloads(read).length >= 2)
      for (const packet of read) {
        assert.ok(['full', 'partial'].includes(packet.checksum), `its checksum is '${packet.checksum}'`)
        assert.ok(hasRightChecksums(packet), `its ${packet.checksum} checksum is wrong`)
        expect(packet.segmentSize, 'its segmentSize').toBe(0)
      }
    },
  )

  test(
    'reads super-packets as the packets that they stand for',
    'A super-packet of the host arrives in one piece, with the size of its segments as `segmentSize`, or cut into packets.',
    async (lab) => {
      const { host, read } = await lab.start()
      if (host.sendTogether === undefined) return // it knows none
      const sent = [1, 2, 3, 4].map((seed) => pattern(1_000, seed))
      await host.sendTogether(sent)
      await lab.until(
        'all of it is read',
        () => payloads(read).reduce((sum, { length }) => sum + length, 0) >= 4_000,
      )
      expect(payloads(read)).toEqual(sent)
    },
  )

  test(
    'reads packets of its MTU whole',
    'The interface has the MTU that was asked for: packets up to that size are neither cut nor lost.',
    async (lab) => {
      const { host, read } = await lab.start()
      const largest = pattern(lab.mtu - HEADERS, 3)
      await host.send([largest])
      await lab.until('it is read', () => datagrams(read).length > 0)
      expect(datagrams(read).map(({ bytes }) => bytes.length)).toEqual([lab.mtu])
      expect(sameBytes(payloads(read)[0]!, largest), 'whether it is the same').toBe(true)
    },
  )

  test(
    'reads nothing while it is paused, and goes on when it is resumed',
    '`receive` is not called between `pause` and `resume`.',
    async (lab) => {
      const { device, host, read } = await lab.start()
      await host.send([pattern(50, 1)])
      await lab.until('the first is read', () => payloads(read).length === 1)
      device.pause()
      await lab.quiet() // what was on its way already
      const before = read.length
      await host.send([pattern(51, 2), pattern(52, 3)])
      await lab.quiet()
      expect(read.length - before, 'packets that were read').toBe(0)
      device.resume()
      device.resume() // without effect
      await host.send([LAST])
      await lab.until('the next is read', () => includesBytes(payloads(read), LAST))
    },
  )

  test(
    'stops when it is paused while it reads',
    'If `receive` pauses the device, it is not called again until `resume`.',
    async (lab) => {
      let calls = 0
      const { device, host, read } = await lab.start((_packets, paused) => {
        calls++
        paused.pause()
      })
      await host.send(Array.from({ length: BURST }, (_, at) => pattern(60, at)))
      await lab.until('something is read', () => calls > 0)
      await lab.quiet()
      expect(calls, 'calls of receive').toBe(1)
      for (let round = 0; round < 2 * BURST && !includesBytes(payloads(read), LAST); round++) {
        const before = calls
        device.resume()
        await host.send([LAST])
        await lab.until('reading goes on', () => calls > before)
      }
      assert.ok(includesBytes(payloads(read), LAST), 'what came last is not read')
    },
  )
}

function datagrams(read: readonly ReadPacket[]): ReadPacket[] {
  return read.filter(({ bytes }) => udpPayload(bytes) !== undefined)
}
