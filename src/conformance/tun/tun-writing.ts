import { MAX_PACKET, type Packet, packetOf } from '../../core/api/packet.js'
import { writeChecksums } from '../../core/hooks/edit-packet.js'
import { wildPackets } from '../hooks/samples.js'
import type { DefineCase } from '../kit/case.js'
import { totalDrops } from '../kit/drops.js'
import { expect } from '../kit/expect.js'
import { randomFrom } from '../kit/packets.js'
import { includesBytes, pattern, sameBytes } from '../kit/recorder.js'
import type { Started, TunLab } from './tun-lab.js'
import { HEADERS, packetToHost } from './tun-place.js'

/** Packets that a peer may make. */
const WILD = 300
/** Packets of a batch: fewer than a socket's buffer holds. */
const BATCH = 60
/** Bytes of a segment, and how many a super-packet has. */
const SEGMENT = 1_000
const SEGMENTS = 3
/** What ends a case that waits. */
const LAST = pattern(77, 7)

/** Tests of what a device hands to the host. */
export function testTunWriting(test: DefineCase<TunLab>, seed: number): void {
  test('hands packets to the host, in order', '`write` hands a batch to the host, in order.', async (lab) => {
    const { device, host } = await lab.start()
    const sent = Array.from({ length: BATCH }, (_, at) => pattern(40 + at, at))
    device.write(sent.map(packetToHost))
    await lab.until('all are there', () => host.taken.length >= sent.length)
    expect(host.taken).toEqual(sent)
  })

  test(
    'hands packets of its MTU to the host whole',
    'A packet up to the size of the MTU is written unchanged.',
    async (lab) => {
      const { device, host } = await lab.start()
      const largest = pattern(lab.mtu - HEADERS, 3)
      device.write([packetToHost(largest)])
      await lab.until('it is there', () => host.taken.length > 0)
      expect(sameBytes(host.taken[0]!, largest), 'whether it is the same').toBe(true)
    },
  )

  test(
    'copies what it keeps: packets may be overwritten when write returns',
    'Packets are lent until `write` returns.',
    async (lab) => {
      const { device, host } = await lab.start()
      const lent = [packetToHost(pattern(300, 1)), packetToHost(pattern(300, 2))]
      const batch = [...lent]
      device.write(batch)
      for (const { bytes } of lent) bytes.fill(0xee)
      batch.length = 0
      await lab.until('both are there', () => host.taken.length >= 2)
      expect(host.taken).toEqual([pattern(300, 1), pattern(300, 2)])
    },
  )

  test(
    'completes partial checksums',
    'The driver completes a partial checksum, or hands the packet to a host that does.',
    async (lab) => {
      const { device, host } = await lab.start()
      device.write([partial(pattern(200, 1), 0)])
      await lab.until('it is there', () => host.taken.length > 0)
      expect(host.taken).toEqual([pattern(200, 1)])
    },
  )

  test(
    'hands super-packets to the host segment by segment',
    'The host gets each segment of a super-packet, in order.',
    async (lab) => {
      const { device, host } = await lab.start()
      const payload = pattern(SEGMENTS * SEGMENT, 5)
      device.write([partial(payload, SEGMENT)])
      await lab.until('something is there', () => host.taken.length > 0)
      await lab.quiet()
      expect(host.taken.map(({ length }) => length)).toEqual(Array.from({ length: SEGMENTS }, () => SEGMENT))
      expect(sameBytes(Buffer.concat(host.taken), payload), 'whether it is the same').toBe(true)
    },
  )

  test('takes an empty batch', 'An empty batch does nothing.', async (lab) => {
    const started = await lab.start()
    started.device.write([])
    await goesOn(lab, started)
  })

  test(
    'drops and counts only what it cannot take',
    'Each packet that is written reaches the host or is counted in `drops`.',
    async (lab) => {
      const { device, host } = await lab.start()
      const before = totalDrops(device)
      const wrong = [packetOf(new Uint8Array(40)), packetOf(new Uint8Array(MAX_PACKET + 1))]
      device.write([packetToHost(pattern(50, 1)), ...wrong, packetToHost(LAST)])
      await lab.until('the last is there', () => includesBytes(host.taken, LAST))
      expect(host.taken.length + totalDrops(device) - before, 'packets that arrived or were counted').toBe(4)
    },
  )

  test(
    'throws for nothing that a peer may send',
    '`write` never throws over what a packet contains: anything may follow a whole IP header.',
    async (lab) => {
      const started = await lab.start()
      const random = randomFrom(seed)
      for (const wild of wildPackets(WILD, lab.mtu, random)) started.device.write([packetOf(wild.bytes)])
      await goesOn(lab, started)
    },
  )
}

/** Waits until a packet that is written comes to the host. */
async function goesOn(lab: TunLab, { device, host }: Started): Promise<void> {
  device.write([packetToHost(LAST)])
  await lab.until('the next is there', () => includesBytes(host.taken, LAST))
}

/** A datagram to the host, with a partial checksum. */
function partial(payload: Uint8Array, segmentSize: number): Packet {
  const made: Packet = { ...packetToHost(payload), checksum: 'partial' }
  writeChecksums(made)
  return { ...made, segmentSize }
}
