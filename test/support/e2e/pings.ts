import type { LabHost } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { eventually } from '../eventually.js'

/** Milliseconds between pings. */
const INTERVAL = 20
/** A line of `ping -D`, such as `[1700000000.123456] 64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.25 ms`. */
const ANSWER = /^\[(\d+\.\d+)\] .* icmp_seq=(\d+) .* time=(\S+) ms/

/** A ping that was answered. */
export interface Answer {
  /** Counted from 1. */
  readonly number: number
  /** When, in milliseconds since 1970. */
  readonly at: number
  /** Milliseconds. */
  readonly roundTrip: number
}

/** A steady stream of pings, whose answers tell when a tunnel carried packets both ways, and how fast. */
export class Pings {
  readonly #ping: Program
  readonly #answers: Answer[] = []
  #linesRead = 0

  constructor(host: LabHost, address: string, interval = INTERVAL) {
    this.#ping = host.start('ping', ['-n', '-D', '-i', String(interval / 1000), address])
  }

  /** All answers so far, in the order in which they came. */
  get answers(): readonly Answer[] {
    const lines = this.#ping.stdout
    for (; this.#linesRead < lines.length; this.#linesRead++) {
      const match = ANSWER.exec(lines[this.#linesRead]!)
      if (match === null) continue
      const [at, number, roundTrip] = match.slice(1).map(Number) as [number, number, number]
      this.#answers.push({ number, at: 1000 * at, roundTrip })
    }
    return this.#answers
  }

  /** Milliseconds from one answer to the next, the longest since a time. */
  longestGap(since = 0): number {
    let longest = 0
    let last = since
    for (const { at } of this.answers) {
      if (last > 0) longest = Math.max(longest, at - last)
      last = Math.max(last, at)
    }
    return Math.round(Math.max(longest, Date.now() - last))
  }

  /**
   * Milliseconds from a time to the first answer to a ping that was sent after it, once there is one: the answer to an
   * earlier one may have waited unread, and says nothing of what the tunnel carries since.
   */
  async firstAfter(since: number): Promise<number> {
    const { at } = await eventually('a ping is answered', () =>
      this.answers.find((answer) => answer.at - answer.roundTrip > since),
    )
    return Math.round(at - since)
  }

  /** Ends it; resolves with how many pings got no answer, but for those after the last that did: they may be on their way. */
  async stop(): Promise<number> {
    this.#ping.kill('SIGINT')
    await this.#ping.ending()
    const numbers = new Set(this.answers.map(({ number }) => number))
    return Math.max(...numbers) - numbers.size
  }
}
