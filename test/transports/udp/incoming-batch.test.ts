import { describe, expect, it } from 'vitest'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import type { Train } from '../../../src/core/api/trains.js'
import type { Link } from '../../../src/core/api/transport.js'
import { IncomingBatch } from '../../../src/transports/udp/incoming-batch.js'
import { deadLink } from '../../support/links.js'

const LINK = deadLink()
const bytes = (length: number) => new Uint8Array(length).fill(length)

/** Takes trains, and notes the lengths and sizes of each batch of them. */
class TrainTaker extends Recorder {
  readonly trains: number[][][] = []

  receiveTrains(_link: Link, trains: readonly Train[]): void {
    this.trains.push(trains.map(({ bytes, size }) => [bytes.length, size]))
  }
}

/** What comes of two batches of messages, each with its length and the size of its segments. */
function delivered(taker: Recorder, ...messages: [number, number][]): number[] {
  const batch = new IncomingBatch()
  for (let time = 0; time < 2; time++) {
    for (const [length, size] of messages) batch.add(bytes(length), size)
    batch.deliver(LINK, taker)
    batch.clear()
  }
  expect(batch.datagrams).toBe(0)
  return taker.arrivals.map(({ bytes }) => bytes.length)
}

describe('IncomingBatch', () => {
  it('hands a lone datagram over as such', () => {
    const taker = new TrainTaker()
    expect(delivered(taker, [40, 0])).toEqual([40, 40])
    expect(delivered(new TrainTaker(), [40, 100])).toEqual([40, 40])
    expect(delivered(new TrainTaker(), [0, 0])).toEqual([0, 0])
    expect(taker.trains).toEqual([])
  })

  it('hands several over as trains, a message each', () => {
    const taker = new TrainTaker()
    expect(delivered(taker, [250, 100], [30, 0], [0, 0])).toEqual([])
    const trains = [
      [250, 100],
      [30, 30],
      [0, 1],
    ]
    expect(taker.trains).toEqual([trains, trains])
  })

  it('cuts them for who takes none', () => {
    expect(delivered(new Recorder(), [250, 100], [0, 0], [30, 0])).toEqual([
      ...[100, 100, 50, 0, 30],
      ...[100, 100, 50, 0, 30],
    ])
  })

  it('counts datagrams', () => {
    const batch = new IncomingBatch()
    batch.add(bytes(200), 100)
    batch.add(bytes(201), 100)
    batch.add(bytes(0), 0)
    expect(batch.datagrams).toBe(6)
  })
})
