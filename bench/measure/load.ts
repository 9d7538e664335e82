import { asError } from '../../src/core/api/errors.js'
import type { System } from '../systems/system.js'
import type { Effort } from './effort.js'
import { Iperf } from './iperf.js'
import type { Figures, MetricKey } from './metrics.js'
import { ping } from './ping.js'
import { calmly, type Readings, readingsOf, StealWatch } from './steal.js'
import { RunningTunnel } from './tunnel.js'
import { Usage } from './usage.js'

/** UDP payloads, in bytes. iperf3 needs 16 at least. */
const SIZES = [64, 512, 1200] as const
const SHORT_SIZES = [64, 1200] as const
/** Pings beside a transfer, for each of its seconds: they end before it does. */
const PINGS_PER_SECOND = 70
const TRIES = 2

/** Transfers and packets, with CPU time and memory, through one tunnel. What fails is told to `say` and absent. */
export function underLoad(system: System, effort: Effort, say: (line: string) => void): Promise<Readings> {
  return RunningTunnel.with(system, async (tunnel) => {
    const load = new Load(tunnel, effort, say)
    await load.run()
    return load.readings
  })
}

class Load {
  readonly readings: Readings = {}
  readonly #tunnel: RunningTunnel
  readonly #effort: Effort
  readonly #say: (line: string) => void
  readonly #iperf: Iperf
  readonly #usage: Usage

  constructor(tunnel: RunningTunnel, effort: Effort, say: (line: string) => void) {
    this.#tunnel = tunnel
    this.#effort = effort
    this.#say = say
    this.#iperf = new Iperf(tunnel.lab, tunnel.address)
    this.#usage = new Usage(tunnel.ends, tunnel.helpers)
  }

  async run(): Promise<void> {
    await this.#tcp('tcp')
    if (!this.#effort.short) await this.#streams()
    if (this.#tunnel.carriesPackets) await this.#packets()
    const { peak } = this.#usage
    if (peak !== undefined) Object.assign(this.readings, readingsOf({ memory: peak / 1e6 }, 0))
  }

  async #streams(): Promise<void> {
    await this.#tcp('tcp4', '-P', '4')
    await this.#tcp('reverse', '-R')
    await this.#tcp('both', '--bidir')
  }

  async #packets(): Promise<void> {
    const { short } = this.#effort
    const sizes = short ? SHORT_SIZES : SIZES
    for (const size of sizes) await this.#try(`UDP of ${size} bytes`, () => this.#udp(size))
    if (!short) await this.#try('a round trip under load', () => this.#loaded())
  }

  #tcp(key: MetricKey, ...options: string[]): Promise<void> {
    return this.#try(`TCP ${options.join(' ')}`, async () => {
      const work = () => this.#iperf.tcp(this.#effort.seconds, ...options)
      const [{ bitsPerSecond, bytes }, cpu] = await this.#usage.during(work)
      const counted = key === 'tcp' && cpu !== undefined
      return {
        [key]: bitsPerSecond / 1e6,
        ...(counted && { cpu: (cpu.user + cpu.system) / (bytes / 1e9) }),
      }
    })
  }

  async #udp(size: (typeof SIZES)[number]): Promise<Figures> {
    const work = () => this.#iperf.udp(this.#effort.seconds, size)
    const [{ perSecond, count }, cpu] = await this.#usage.during(work)
    const counted = size === 64 && cpu !== undefined
    return {
      [`udp${size}`]: perSecond / 1e3,
      ...(counted && { cpu64: ((cpu.user + cpu.system) / count) * 1e6 }),
    }
  }

  async #loaded(): Promise<Figures> {
    const { seconds } = this.#effort
    const pings = ping(this.#tunnel.lab.near, this.#tunnel.address, seconds * PINGS_PER_SECOND)
    await this.#iperf.tcp(seconds + 1)
    const { p50, p99 } = await pings
    return { load50: p50, load99: p99 }
  }

  async #try(what: string, work: () => Promise<Figures>): Promise<void> {
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      try {
        Object.assign(this.readings, await calmly(() => measured(work), this.#say))
        return
      } catch (thrown) {
        this.#say(`  ${what} failed: ${asError(thrown).message.split('\n')[0]}`)
      }
    }
  }
}

async function measured(work: () => Promise<Figures>): Promise<Readings> {
  const watch = new StealWatch()
  const figures = await work()
  return readingsOf(figures, watch.look())
}
