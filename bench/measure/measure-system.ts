import { asError } from '../../src/core/api/errors.js'
import type { System } from '../systems/system.js'
import { Iperf } from './iperf.js'
import type { Figures, MetricKey } from './metrics.js'
import { ping, warm } from './ping.js'
import { RunningTunnel } from './tunnel.js'
import { Usage } from './usage.js'

/** How long and how much is measured. */
export interface Effort {
  /** Seconds of each transfer. */
  readonly seconds: number
  /** Pings for the idle round trip. */
  readonly pings: number
  /** Whether the round trip after 20,000 warming pings is measured, too. */
  readonly warm: boolean
  /** Whether only what the short tables show is measured. */
  readonly short: boolean
}

const WARMING_PINGS = 20_000
const WARM_PINGS = 1_000
/** UDP payloads, in bytes. iperf3 needs 16 at least. */
const SIZES = [64, 512, 1200] as const
const SHORT_SIZES = [64, 1200] as const
/** Pings beside a transfer, for each of its seconds: they end before it does. */
const PINGS_PER_SECOND = 70
const TRIES = 2

/** Measures one system once, in a lab of its own. What fails is told to `say` and absent from the figures. */
export function measureSystem(system: System, effort: Effort, say: (line: string) => void): Promise<Figures> {
  return RunningTunnel.with(system, async (tunnel) => {
    const measurement = new Measurement(tunnel, effort, say)
    await measurement.run()
    return measurement.figures
  })
}

class Measurement {
  readonly figures: Figures = {}
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
    const { figures } = this
    const { carriesPackets, connected } = this.#tunnel
    if (connected !== undefined) figures.connect = connected
    if (carriesPackets) await this.#try('a round trip', () => this.#idle())
    await this.#tcp('tcp')
    if (!this.#effort.short) await this.#streams()
    if (carriesPackets) await this.#packets()
    const { peak } = this.#usage
    if (peak !== undefined) figures.memory = peak / 1e6
  }

  async #streams(): Promise<void> {
    await this.#tcp('tcp4', '-P', '4')
    await this.#tcp('reverse', '-R')
    await this.#tcp('both', '--bidir')
  }

  async #packets(): Promise<void> {
    const { short, warm } = this.#effort
    const sizes = short ? SHORT_SIZES : SIZES
    for (const size of sizes) await this.#try(`UDP of ${size} bytes`, () => this.#udp(size))
    if (!short) await this.#try('a round trip under load', () => this.#loaded())
    if (warm) await this.#try('a warm round trip', () => this.#warm())
  }

  async #idle(): Promise<void> {
    const { near } = this.#tunnel.lab
    const { p50, p99 } = await ping(near, this.#tunnel.address, this.#effort.pings)
    this.#set({ idle50: p50, idle99: p99 })
  }

  #tcp(key: MetricKey, ...options: string[]): Promise<void> {
    return this.#try(`TCP ${options.join(' ')}`, async () => {
      const work = () => this.#iperf.tcp(this.#effort.seconds, ...options)
      const [{ bitsPerSecond, bytes }, cpu] = await this.#usage.during(work)
      this.figures[key] = bitsPerSecond / 1e6
      if (key === 'tcp' && cpu !== undefined) this.#set({ cpu: (cpu.user + cpu.system) / (bytes / 1e9) })
    })
  }

  async #udp(size: (typeof SIZES)[number]): Promise<void> {
    const [{ perSecond, count }, cpu] = await this.#usage.during(() =>
      this.#iperf.udp(this.#effort.seconds, size),
    )
    this.figures[`udp${size}`] = perSecond / 1e3
    if (size === 64 && cpu !== undefined) this.#set({ cpu64: ((cpu.user + cpu.system) / count) * 1e6 })
  }

  async #loaded(): Promise<void> {
    const { seconds } = this.#effort
    const pings = ping(this.#tunnel.lab.near, this.#tunnel.address, seconds * PINGS_PER_SECOND)
    await this.#iperf.tcp(seconds + 1)
    const { p50, p99 } = await pings
    this.#set({ load50: p50, load99: p99 })
  }

  async #warm(): Promise<void> {
    const { lab, address } = this.#tunnel
    await warm(lab.near, address, WARMING_PINGS)
    this.#set({ warm50: (await ping(lab.near, address, WARM_PINGS)).p50 })
  }

  #set(figures: Figures): void {
    for (const [key, value] of Object.entries(figures)) {
      if (Number.isFinite(value)) this.figures[key as MetricKey] = value
    }
  }

  async #try(what: string, work: () => Promise<void>): Promise<void> {
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      try {
        return await work()
      } catch (thrown) {
        this.#say(`  ${what} failed: ${asError(thrown).message.split('\n')[0]}`)
      }
    }
  }
}
