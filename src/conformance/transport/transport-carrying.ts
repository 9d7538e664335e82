import { STREAM_SETTINGS } from '../../core/settings/option-groups.js'
import type { DefineCase } from '../kit/case.js'
import { totalDrops } from '../kit/drops.js'
import { expect } from '../kit/expect.js'
import { pattern, sameBytes } from '../kit/recorder.js'
import type { TransportLab } from './transport-lab.js'

/** A burst that unreliable transports carry whole, too. Bytes are those of each datagram. */
const BURST = { batches: 5, datagrams: 8, bytes: 1200 }
/** As many as may come from one address that have proven nothing. */
const MANY_LINKS = STREAM_SETTINGS.maxUnauthenticatedPerAddress.default
/** Bytes. Sizes at which lengths of one and of two bytes, WebSocket's lengths and usual MTUs end. */
const SIZES = [1, 2, 3, 16, 125, 126, 127, 255, 256, 1280, 1420, 1500, 16_384, 65_535]

/** Tests of what every link does with datagrams. */
export function testCarrying(test: DefineCase<TransportLab>, stream: boolean): void {
  test('carries datagrams both ways', 'A link carries datagrams in both directions.', async (lab) => {
    const { received } = lab
    await lab.listen()
    const near = await lab.dial()
    near.link.send([Uint8Array.of(1, 2, 3)])
    await lab.until('the listening end hears', () => received.arrivals.length === 1)
    expect(received.arrivals[0]!.bytes).toEqual(Uint8Array.of(1, 2, 3))
    received.arrivals[0]!.link.send([Uint8Array.of(4, 5)])
    await lab.until('the dialling end hears', () => near.received.arrivals.length === 1)
    expect(near.received.arrivals[0]!.bytes).toEqual(Uint8Array.of(4, 5))
    expect(near.received.arrivals[0]!.link).toBe(near.link)
  })

  test(
    'describes its links',
    'A link says whether it is a stream, what its remote is, and how much it takes.',
    async (lab) => {
      await lab.listen()
      const { link, far } = await lab.connect()
      for (const half of [link, far]) {
        expect(half.stream, 'its stream').toBe(stream)
        expect(half.writable, 'its writable').toBe(true)
        expect(URL.canParse(half.remote), `whether its remote '${half.remote}' is a URL`).toBe(true)
        expect([0, 4, 16].includes(half.source.length), 'whether its source is an address, or empty').toBe(
          true,
        )
        expect(half.maxDatagram, 'its maxDatagram').toBeAtLeast(1280)
      }
    },
  )

  test(
    'carries every size from 1 byte to maxDatagram',
    'A datagram of up to `maxDatagram` bytes arrives whole.',
    async (lab) => {
      await lab.listen()
      const { link, far, received } = await lab.connect()
      const most = Math.min(link.maxDatagram, far.maxDatagram)
      for (const size of [...SIZES.filter((candidate) => candidate < most), most]) {
        const arrivals = lab.received.arrivals.length
        link.send([pattern(size, 5)])
        await lab.until(`${size} bytes arrive`, () => lab.received.arrivals.length > arrivals)
        expect(sameBytes(lab.received.arrivals.at(-1)!.bytes, pattern(size, 5))).toBe(true)
        const answers = received.arrivals.length
        far.send([pattern(size, 7)])
        await lab.until(`${size} bytes come back`, () => received.arrivals.length > answers)
        expect(sameBytes(received.arrivals.at(-1)!.bytes, pattern(size, 7))).toBe(true)
      }
    },
  )

  test(
    'drops and counts a datagram above maxDatagram and carries the others',
    'A datagram of more than `maxDatagram` bytes is dropped and counted, alone.',
    async (lab) => {
      await lab.listen()
      const { link } = await lab.connect(1)
      const before = totalDrops(link)
      link.send([Uint8Array.of(2), new Uint8Array(link.maxDatagram + 1), Uint8Array.of(3)])
      await lab.until('the last one arrives', () => lab.received.marks.includes(3))
      expect(lab.received.marks).toEqual([1, 2, 3])
      expect(totalDrops(link)).toBe(before + 1)
    },
  )

  test(
    'stays open when it is given nothing, or a datagram of no bytes',
    'An empty batch and an empty datagram do no harm.',
    async (lab) => {
      await lab.listen()
      const { link, received } = await lab.connect(1)
      link.send([])
      link.send([new Uint8Array(0)])
      link.send([Uint8Array.of(2)])
      await lab.until('the next datagram arrives', () => lab.received.marks.includes(2))
      expect([...lab.received.ends, ...received.ends]).toEqual([])
    },
  )

  test('carries a burst of batches', 'Batches that come one after the other arrive.', async (lab) => {
    await lab.listen()
    const { link } = await lab.connect(255)
    for (let batch = 0; batch < BURST.batches; batch++) {
      const first = batch * BURST.datagrams
      link.send(Array.from({ length: BURST.datagrams }, (_, index) => pattern(BURST.bytes, first + index)))
    }
    const count = BURST.batches * BURST.datagrams
    await lab.until('all arrive', () => lab.received.arrivals.length > count)
    const burst = lab.received.arrivals.slice(1)
    burst.sort((one, other) => one.bytes[0]! - other.bytes[0]!)
    for (const [seed, { bytes }] of burst.entries())
      expect(sameBytes(bytes, pattern(BURST.bytes, seed))).toBe(true)
  })

  test(
    'copies what it keeps: the sender may overwrite it when send returns',
    'Bytes are lent until `send` returns.',
    async (lab) => {
      await lab.listen()
      const { link, received, far } = await lab.connect(1)
      const lent = [pattern(1000, 2), pattern(1000, 3)]
      link.send(lent)
      for (const datagram of lent) datagram.fill(0xdd)
      lent.length = 0
      await lab.until('both arrive', () => lab.received.arrivals.length === 3)
      const [, ...arrived] = lab.received.arrivals.map(({ bytes }) => bytes)
      expect(arrived).toEqual([pattern(1000, 2), pattern(1000, 3)])
      const answer = pattern(1000, 4)
      far.send([answer])
      answer.fill(0xdd)
      await lab.until('the answer arrives', () => received.arrivals.length === 1)
      expect(received.arrivals[0]!.bytes).toEqual(pattern(1000, 4))
    },
  )

  test('keeps many links apart', 'Each link has its own remote, and hears what is for it.', async (lab) => {
    await lab.listen()
    const links = await Promise.all(Array.from({ length: MANY_LINKS }, () => lab.dial()))
    for (const [index, { link }] of links.entries()) link.send([Uint8Array.of(index)])
    await lab.until('all are received', () => lab.received.arrivals.length === MANY_LINKS)
    for (const { link, bytes } of lab.received.arrivals) link.send([Uint8Array.of(bytes[0]! + 100)])
    await lab.until('all are answered', () => links.every(({ received }) => received.arrivals.length > 0))
    for (const [index, { received }] of links.entries()) expect(received.marks).toEqual([index + 100])
    expect(new Set(lab.received.arrivals.map(({ link }) => link.remote)).size).toBe(MANY_LINKS)
  })
}
