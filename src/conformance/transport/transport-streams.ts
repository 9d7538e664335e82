import type { Link } from '../../core/api/transport.js'
import type { DefineCase } from '../kit/case.js'
import { totalDrops } from '../kit/drops.js'
import { expect, expectRejected } from '../kit/expect.js'
import { pattern, sameBytes } from '../kit/recorder.js'
import type { TransportLab } from './transport-lab.js'

/** Bytes that a link may take at most while its remote reads nothing, the kernel's buffers included. */
const MOST_UNREAD = 256 * 1024 * 1024
const LARGE = pattern(16_000, 1)

/** Tests of what only connections promise. */
export function testStreams(test: DefineCase<TransportLab>): void {
  test('keeps the order of datagrams and batches', 'A stream delivers in order.', async (lab) => {
    await lab.listen()
    const { link } = await lab.connect(255)
    const count = 200
    for (let sent = 0; sent < count; sent += 10) {
      link.send(Array.from({ length: 10 }, (_, index) => pattern(1 + sent * 3, sent + index)))
    }
    await lab.until('all arrive', () => lab.received.arrivals.length > count)
    expect(lab.received.marks.slice(1)).toEqual(Array.from({ length: count }, (_, index) => index))
  })

  test(
    'is not writable while the remote reads nothing, and says when it is again',
    '`writable` is false while a stream is busy, and `drained` says once that it is true again.',
    async (lab) => {
      await lab.listen()
      const { link, received } = await lab.connect()
      const sent = fill(link)
      expect(link.writable).toBe(false)
      expect(received.drains).toEqual([])
      await lab.until('it is writable again', () => received.drains.length > 0)
      expect(received.drains).toEqual([link])
      expect(link.writable).toBe(true)
      link.send([Uint8Array.of(2)])
      await lab.until('the last arrives', () => lab.received.marks.at(-1) === 2)
      expect(lab.received.arrivals.length).toBe(1 + sent + 1)
    },
  )

  test(
    'bounds its send queue: what no longer fits is dropped and counted',
    'What waits to be sent is bounded; more of it is dropped and counted.',
    async (lab) => {
      await lab.listen()
      const { link, received } = await lab.connect()
      const before = totalDrops(link)
      const more = 1_000
      const sent = fill(link) + more
      for (let index = 0; index < more; index++) link.send([LARGE])
      const dropped = totalDrops(link) - before
      expect(dropped).toBeAtLeast(1)
      await lab.until('it is writable again', () => received.drains.length > 0)
      link.send([Uint8Array.of(2)])
      await lab.until('the last arrives', () => lab.received.marks.at(-1) === 2)
      expect(lab.received.arrivals.length).toBe(1 + sent - dropped + 1)
    },
  )

  test(
    'tells each end once that the other closed',
    '`closed` is called once if the other end closes.',
    async (lab) => {
      await lab.listen()
      const first = await lab.connect(1)
      await lab.settled(first.link.close())
      await lab.until('the listening end is told', () => lab.received.ends.length > 0)
      const second = await lab.connect(2)
      await lab.settled(second.far.close())
      await lab.until('the dialling end is told', () => second.received.ends.length > 0)
      await lab.quiet()
      expect(lab.received.ends).toEqual([{ link: first.far, error: undefined }])
      expect(second.received.ends).toEqual([{ link: second.link, error: undefined }])
      expect([...first.received.ends, ...first.received.failures, ...second.received.failures]).toEqual([])
    },
  )

  test(
    'closes the links that it accepted with the listener',
    'The links of a listener are closed with it.',
    async (lab) => {
      await lab.listen()
      const { received, link } = await lab.connect()
      await lab.settled(lab.listener.close())
      await lab.until('the dialling end is told', () => received.ends.length > 0)
      expect(received.ends[0]!.link).toBe(link)
      expect(lab.received.ends).toEqual([])
    },
  )

  test('lets both ends close at once', 'Closes may cross.', async (lab) => {
    await lab.listen()
    const { received, link, far } = await lab.connect()
    await lab.settled(Promise.all([link.close(), far.close()]))
    await lab.quiet()
    expect([...received.ends, ...lab.received.ends]).toEqual([])
  })

  test(
    'delivers whole datagrams only when it is closed in the middle',
    'A datagram arrives whole or not at all.',
    async (lab) => {
      await lab.listen()
      const { link } = await lab.connect(0)
      const size = Math.min(link.maxDatagram, 50_000)
      for (let seed = 1; link.writable && seed < 250; seed++) link.send([pattern(size, seed)])
      await lab.settled(link.close())
      await lab.until('the end is told', () => lab.received.ends.length > 0)
      const [, ...arrived] = lab.received.arrivals
      for (const [index, { bytes }] of arrived.entries()) {
        expect(sameBytes(bytes, pattern(size, index + 1))).toBe(true)
      }
    },
  )

  test(
    'refuses to dial where nobody listens',
    'Where nobody listens, `dial` of a stream rejects with a TransportError ERR_TRANSPORT_DIAL.',
    async (lab) => {
      await lab.listen()
      await lab.settled(lab.listener.close())
      await expectRejected(lab.dial(), {
        name: 'TransportError',
        code: 'ERR_TRANSPORT_DIAL',
      })
    },
  )

  test(
    'gives up dialling when the signal is aborted',
    'A signal that is aborted ends `dial`, and nothing else.',
    async (lab) => {
      await lab.listen()
      const controller = new AbortController()
      const dialling = lab.dial(controller, undefined, () => controller.abort())
      await expectRejected(dialling, { name: 'TransportError', code: 'ERR_TRANSPORT_DIAL' })
      await lab.connect(7)
      expect(lab.received.marks).toEqual([7])
    },
  )
}

/**
 * Sends as long as the link takes it, and returns how many datagrams that were. Within one turn of the event
 * loop the remote has no chance to read.
 */
function fill(link: Link): number {
  let sent = 0
  for (; link.writable && sent < MOST_UNREAD / LARGE.length; sent++) link.send([LARGE])
  return sent
}
