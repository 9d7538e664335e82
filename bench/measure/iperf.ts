import { within } from '../../lab/deadline.js'
import type { Lab } from '../../lab/lab.js'
import type { Program } from '../../lab/program.js'

/** Milliseconds that iperf3 may take beyond what it was told. */
const PATIENCE = 15_000
/** Milliseconds between a server's start and its first client. */
const SERVER_START = 300

/** What a test over TCP came to, both directions together. */
export interface Transfer {
  readonly bitsPerSecond: number
  readonly bytes: number
}

/** What a test over UDP came to, at the receiver. */
export interface Packets {
  readonly perSecond: number
  readonly count: number
  /** The part of those sent that did not arrive, 0 to 1. */
  readonly lost: number
}

interface Sum {
  readonly bits_per_second: number
  readonly bytes: number
  readonly seconds: number
  readonly packets?: number
  readonly lost_packets?: number
}

/** As iperf3 3.7 and later write it; 3.13 began to tell what a UDP receiver got apart. */
interface Report {
  readonly error?: string
  /** What the server saw. */
  readonly server_output_json?: { readonly intervals: readonly { readonly sum: Sum }[] }
  readonly end: {
    readonly sum?: Sum
    readonly sum_received?: Sum
    readonly sum_received_bidir_reverse?: Sum
  }
}

/** iperf3 from the near host to the far one. */
export class Iperf {
  readonly #lab: Lab
  readonly #address: string
  #server: Program | undefined

  constructor(lab: Lab, address: string) {
    this.#lab = lab
    this.#address = address
  }

  /**
   * @param options such as `-P 4`, `-R` or `--bidir`.
   * @throws Error if nothing arrived: of two streams that a proxy dials in the other order, both ends send and neither reads.
   */
  async tcp(seconds: number, ...options: string[]): Promise<Transfer> {
    const { end } = await this.#run(seconds, options)
    const { bits_per_second, bytes } = end.sum_received!
    const other = end.sum_received_bidir_reverse
    if (bytes + (other?.bytes ?? 0) === 0) throw new Error('nothing arrived')
    return {
      bitsPerSecond: bits_per_second + (other?.bits_per_second ?? 0),
      bytes: bytes + (other?.bytes ?? 0),
    }
  }

  /**
   * What arrives of one TCP stream.
   *
   * @param seconds a whole number.
   * @returns bits per second in each of its seconds.
   */
  async eachSecond(seconds: number): Promise<number[]> {
    const { server_output_json: server } = await this.#run(seconds, ['--get-server-output'])
    if (server === undefined) throw new Error('iperf3: the server told nothing')
    return server.intervals.slice(0, seconds).map(({ sum }) => sum.bits_per_second)
  }

  /** Sends packets of `size` bytes of payload as fast as iperf3 can. */
  async udp(seconds: number, size: number): Promise<Packets> {
    const { end } = await this.#run(seconds, ['-u', '-b', '0', '-l', String(size)])
    const {
      packets = 0,
      lost_packets: lost = 0,
      seconds: taken,
    } = end.sum_received?.packets ? end.sum_received : end.sum!
    return {
      perSecond: (packets - lost) / taken,
      count: packets - lost,
      lost: packets > 0 ? lost / packets : 1,
    }
  }

  /** A failure leaves the server in an unknown state, so it is started anew. */
  async #run(seconds: number, options: readonly string[]): Promise<Report> {
    await this.serve()
    const args = ['-J', '-c', this.#address, '-t', String(seconds), ...options]
    const client = this.#lab.near.start('iperf3', args)
    try {
      await within(client.ended, `iperf3 ${options.join(' ')}`, seconds * 1000 + PATIENCE)
      const report = JSON.parse(client.stdout.join('\n')) as Report
      if (report.error !== undefined) throw new Error(`iperf3: ${report.error}`)
      return report
    } catch (thrown) {
      client.kill('SIGKILL')
      await this.stop()
      throw thrown
    }
  }

  async stop(): Promise<void> {
    this.#server?.kill('SIGKILL')
    await this.#server?.ended
    this.#server = undefined
  }

  /** Starts the server if there is none: the first test does, unless it may not wait for that. */
  async serve(): Promise<void> {
    if (this.#server !== undefined) return
    this.#server = this.#lab.far.start('iperf3', ['-s', '-J'])
    await new Promise((resolve) => setTimeout(resolve, SERVER_START)) // it flushes no line when it listens
  }
}
