import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_UNACKED } from '../../../../src/transports/http/session/limits.js'
import { SessionsLab } from '../../../support/http/sessions-lab.js'

/** Milliseconds after which a front end cuts connections, and after which it closes one that idles. */
const FRONT = { age: 30_000, idle: 3_000 }

/** Milliseconds of the lab's clock in which all arrives, whatever the network does. */
const LONG_ENOUGH = 600_000

/** Bytes of a piece at the most. */
const LARGEST = 30_000

const trouble = fc.record({
  seed: fc.integer(),
  /** Per thousand of requests that do not arrive, answers that are cut, requests that come twice; of writes to answers that wait. */
  lost: fc.integer({ min: 0, max: 150 }),
  cut: fc.integer({ min: 0, max: 150 }),
  twice: fc.integer({ min: 0, max: 100 }),
  busy: fc.constantFrom(0, 500, 1_000),
  /** Milliseconds that a request or an answer is on its way at the most. */
  delay: fc.integer({ min: 0, max: 300 }),
  /** Whether something on the way keeps answers back until they end. */
  buffers: fc.boolean(),
  /** Bytes of a body that something on the way takes at the most. */
  largest: fc.constantFrom(2_000, 20_000, 1_000_000),
  up: fc.array(fc.integer({ min: 1, max: LARGEST }), { maxLength: 8 }),
  down: fc.array(fc.integer({ min: 1, max: LARGEST }), { maxLength: 8 }),
})

describe('sessions over exchanges', () => {
  it('carry all bytes both ways, in order and once, whatever becomes of exchanges', () => {
    fc.assert(
      fc.property(trouble, (network) => {
        const lab = new SessionsLab(network)
        lab.send(network.up, network.down)
        lab.run(LONG_ENOUGH)
        expect(lab.client.failure).toBeUndefined()
        expect(lab.arrived).toEqual(lab.sent)
        expect(lab.mostKept).toBeLessThanOrEqual(MAX_UNACKED + LARGEST)
      }),
      { numRuns: 100 },
    )
  })

  it('lose nothing by a front end that cuts connections at 30 s and closes those that idle without a word', () => {
    let [cut, stale] = [0, 0]
    fc.assert(
      fc.property(trouble, (network) => {
        const calm = { ...network, lost: 0, cut: 0, twice: 0, connections: FRONT }
        const lab = new SessionsLab(calm)
        lab.send(network.up, network.down)
        lab.run(LONG_ENOUGH)
        cut += lab.cut
        stale += lab.stale
        expect(lab.client.failure).toBeUndefined()
        expect(lab.arrived).toEqual(lab.sent)
      }),
      { numRuns: 100 },
    )
    expect([cut > 0, stale > 0]).toEqual([true, true])
  })
})
