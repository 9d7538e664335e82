import { strict as assert } from 'node:assert'
import type { DefineCase } from '../kit/case.js'
import { expect } from '../kit/expect.js'
import { timersOfNode } from '../kit/handles.js'
import { randomBytes, randomFrom } from '../kit/packets.js'
import { rawWire } from './raw-wire.js'
import type { TransportLab } from './transport-lab.js'

/** Strangers that send garbage, each so many times so many bytes at the most. */
const GARBAGE = { strangers: 8, times: 4, bytes: 3_000 }

/** Tests of what every transport does at its end, and with what no end of its own would send. */
export function testRobustness(test: DefineCase<TransportLab>, stream: boolean, seed: number): void {
  test(
    'does nothing more from the moment it is told to close',
    'From the call of `close` on, before it resolves, `send` does nothing and no handler is called.',
    async (lab) => {
      await lab.listen()
      const { link, received, far } = await lab.connect(1)
      const closing = link.close()
      const before = received.arrivals.length
      link.send([Uint8Array.of(66)])
      far.send([Uint8Array.of(77)])
      await lab.settled(closing)
      await lab.quiet()
      expect(lab.received.marks, 'what arrived').toEqual([1])
      expect(received.arrivals.length - before, 'datagrams that were received').toBe(0)
      expect([...received.ends, ...received.drains, ...received.failures], 'what handlers were told').toEqual(
        [],
      )
    },
  )

  test('leaves no timer behind', 'What is closed waits for nothing.', async (lab) => {
    const before = timersOfNode()
    await lab.listen()
    const { far } = await lab.connect()
    await lab.connect()
    await lab.settled(far.close())
    await lab.close()
    await lab.until('every timer is gone', () => timersOfNode() <= before && lab.timers === 0)
  })

  test(
    'bears garbage on the raw wire',
    'What a stranger sends never throws: it is dropped, or ends the link that it came by, and no other.',
    async (lab) => {
      const { endpoint } = await lab.listen()
      const wire = lab.rawWire ?? rawWire(endpoint, stream)
      if (wire === undefined) return // there is nothing that a stranger could send to
      const { link } = await lab.connect(1)
      const random = randomFrom(seed)
      const thrown = await lab.thrownMeanwhile(async () => {
        for (let stranger = 0; stranger < GARBAGE.strangers; stranger++) {
          const bytes = Array.from({ length: GARBAGE.times }, () =>
            randomBytes(1 + Math.floor(random() * GARBAGE.bytes), random),
          )
          await lab.settled(wire(bytes))
          await lab.quiet()
        }
      })
      assert.deepEqual(thrown, [], 'it threw')
      const mark = Uint8Array.of(2, 4, 6, 8, 10, 12)
      const isMark = ({ bytes }: { bytes: Uint8Array }) => Buffer.compare(bytes, mark) === 0
      link.send([mark])
      await lab.until('a datagram arrives by the link from before', () => lab.received.arrivals.some(isMark))
      lab.received.arrivals.length = 0
      const later = await lab.dial()
      later.link.send([mark])
      await lab.until('a datagram arrives by a new link', () => lab.received.arrivals.some(isMark))
      expect(lab.received.failures, 'failures of the listener').toEqual([])
    },
  )
}
