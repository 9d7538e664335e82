import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { PathSearch } from '../../../src/core/path-mtu/path-search.js'

export const BASE = 1232
export const MAX = 1452

/** A path that carries datagrams of up to `capacity` bytes whole, answered after a round trip, and a search on it. */
export class SimulatedPath {
  readonly clock = new VirtualClock(0)
  readonly search: PathSearch
  capacity: number
  /** Milliseconds. */
  roundTrip: number
  /** Larger probes this host refuses itself. */
  localLimit = Number.POSITIVE_INFINITY
  /** Whether the next probe or its answer is lost, whatever its size. */
  lost: () => boolean = () => false
  /** Whether batches pass, or only single datagrams. */
  batches = true
  /** Sizes of the probes so far; of a batch one. */
  readonly probes: number[] = []

  constructor(capacity: number, { roundTrip = 50, max = MAX } = {}) {
    this.capacity = capacity
    this.roundTrip = roundTrip
    this.search = new PathSearch(BASE, max)
  }

  /** Lets time pass while datagrams of the largest size there may be are sent, one each `interval` milliseconds. */
  send(milliseconds: number, { interval = 100, largest = Number.POSITIVE_INFINITY } = {}): void {
    const end = this.clock.now() + milliseconds
    while (this.clock.now() < end) {
      this.search.sent(Math.min(largest, this.search.size), this.clock.now())
      this.wait(interval)
    }
  }

  /** Lets time pass in which nothing is sent but what the search wants. */
  wait(milliseconds: number): void {
    const end = this.clock.now() + milliseconds
    this.#probe()
    for (;;) {
      const next = Math.min(this.search.due, this.clock.next)
      if (next > end) break
      this.clock.advance(Math.max(0, next - this.clock.now()))
      this.#probe()
    }
    this.clock.advance(end - this.clock.now())
  }

  #probe(): void {
    const { clock, search } = this
    while (search.due <= clock.now()) {
      for (const probe of search.probes(clock.now())) {
        const { size, batch } = probe
        this.probes.push(size)
        if (size > this.localLimit) search.refused(size, clock.now())
        else if (size <= this.capacity && (this.batches || !batch) && !this.lost()) {
          clock.schedule(this.roundTrip, () => search.answered(probe, clock.now()))
        }
      }
    }
  }
}
