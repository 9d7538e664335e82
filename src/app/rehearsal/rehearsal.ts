import { performance } from 'node:perf_hooks'
import { setImmediate as turnOfLoop } from 'node:timers/promises'
import type { DependencyContainer } from 'tsyringe'
import type { TunnelConfig } from '../../core/api/config.js'
import { asError, isPluginError, isPluginFault } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { LOGGER } from '../../core/injection/tokens.js'
import type { Traffic } from '../../core/peers/traffic.js'
import { nativeIfThere } from '../../native/base/native.js'
import { ScratchMemory } from '../../native/base/scratch-memory.js'
import { ThreadCpu } from '../../native/base/thread-cpu.js'
import { waitedForCpu } from '../../native/base/waited-for-cpu.js'
import { endsOf, type RehearsedEnds } from './ends.js'
import { Generation } from './generation.js'
import { MemoryHosts, type RehearsedHosts, SocketHosts } from './hosts.js'
import { LIMITS, type Limits, Pace } from './pace.js'
import { rehearsedOf } from './rehearsed.js'
import { makeScenes, type Scene } from './scenes.js'
import { SideEffects } from './side-effects.js'
import { throwawayCertificate } from './throwaway-certificate.js'

/**
 * When generations end, as shares of the time that a rehearsal may take. After a single one V8 would throw the optimized
 * code away when the real tunnel brings objects of its own; the last ones run what was optimized for the first.
 */
const GENERATIONS_END = [0.5, 0.68, 0.82, 0.92, 1]

/**
 * Runs the code of a packet's way with made-up packets before real ones come, so that V8 has compiled and optimized it by
 * then: two tunnels like the real one carry them to each other, a few generations of them one after another.
 */
export class Rehearsal {
  /** Resolves once everything of it is closed. */
  readonly ended: Promise<void>
  /** Made-up packets that arrived so far. */
  arrived = 0
  readonly #log: Logger
  readonly #abort = new AbortController()
  readonly #pace: Pace
  /** Undefined without koffi. */
  readonly #native = nativeIfThere()
  readonly #threadCpu = this.#native && new ThreadCpu(this.#native)
  /** Absent without koffi: there is no arena, and the young generation stays small anyway (src/cli/run/engine.ts). */
  readonly #sideEffects = this.#native && new SideEffects(this.#native)

  /**
   * Begins, and never throws: failures are logged, and the tunnel goes on without.
   *
   * @param traffic counts the real tunnel's packets, which go first; if absent, the rehearsal pauses for none.
   */
  constructor(
    container: DependencyContainer,
    config: TunnelConfig,
    traffic: Readonly<Traffic> | undefined,
    limits: Limits = LIMITS,
  ) {
    this.#log = container.resolve<Logger>(LOGGER)
    this.#pace = new Pace(
      {
        now: () => performance.now(),
        cpu: () => milliseconds(process.cpuUsage()),
        own: () => this.#ownCpu(),
        waited: () => waitedForCpu() ?? 0,
        carried: () => (traffic === undefined ? 0 : traffic.receivedPackets + traffic.sentPackets),
      },
      limits,
    )
    this.ended = this.#run(container, config).catch((thrown) => {
      if (this.#abort.signal.aborted) return
      this.#tell(asError(thrown))
    })
  }

  /** Warns of what a plugin does wrong; users cannot mend anything else, and the tunnel goes on as without a rehearsal. */
  #tell(error: Error): void {
    const why = error.message
    if (isPluginError(error) || isPluginFault(error)) this.#log.warn('cannot rehearse', { why })
    else this.#log.debug('the rehearsal ended early', { why })
  }

  /** Ends it early. Resolves once everything of it is closed. */
  stop(): Promise<void> {
    this.#abort.abort()
    return this.ended
  }

  async #run(container: DependencyContainer, config: TunnelConfig): Promise<void> {
    this.#sideEffects?.suppress()
    try {
      await this.#rehearse(container, config)
    } finally {
      this.#threadCpu?.close()
      this.#sideEffects?.end()
    }
  }

  async #rehearse(container: DependencyContainer, config: TunnelConfig): Promise<void> {
    await this.#rest() // the start goes first
    const rehearsed = rehearsedOf(container, config)
    if (typeof rehearsed === 'string') {
      this.#log.debug('not rehearsed', { why: rehearsed })
      return
    }
    const hosts = this.#native === undefined ? new MemoryHosts() : new SocketHosts(this.#native)
    const memory = new ScratchMemory()
    let generations = 0
    try {
      const scenes = makeScenes(config.tun.mtu, hosts.offloads, memory.allocate)
      const certificate = rehearsed.certified ? throwawayCertificate() : undefined
      for (const end of GENERATIONS_END) {
        const generation = await this.#start(endsOf(rehearsed, certificate), hosts)
        if (generation !== undefined) {
          await this.#play(generation, scenes, end)
          generations++
        }
        if (this.arrived === 0 && this.#pace.spent >= end) throw new Error('its start alone took too long')
        if (generation === undefined) break
      }
    } finally {
      memory.release()
    }
    if (this.#abort.signal.aborted) return
    const { longest, spentTimes } = this.#pace
    this.#log.debug('rehearsed', {
      generations,
      packets: this.arrived,
      ms: Math.round(spentTimes.time),
      cpu: Math.round(spentTimes.cpu),
      longestTurn: Number(longest.toFixed(1)),
    })
  }

  /** Resolves to undefined if the rehearsal is over before both ends run. */
  async #start(ends: RehearsedEnds, hosts: RehearsedHosts): Promise<Generation | undefined> {
    if (this.#isOver) return undefined
    const rest = async () => {
      await this.#rest()
      if (this.#isOver) throw new Error('it is over')
    }
    try {
      return await Generation.start(ends, { hosts, signal: this.#abort.signal, rest })
    } catch (thrown) {
      if (this.#isOver) return undefined
      throw thrown
    } finally {
      this.#pace.worked()
    }
  }

  /** Plays a generation, until that share of the time is used. */
  async #play(generation: Generation, scenes: readonly Scene[], end: number): Promise<void> {
    const pace = this.#pace
    try {
      await generation.play(scenes, pace, {
        turn: () => this.#turn(end),
        arrived: (packets) => {
          this.arrived += packets
        },
      })
    } finally {
      pace.begin()
      await generation.close(() => this.#rest())
      pace.worked()
    }
  }

  /** Resolves after a turn of the event loop, once no real packets pass; to false if the generation is over. */
  async #turn(end: number): Promise<boolean> {
    await turnOfLoop()
    this.#pace.turned()
    await this.#giveWay()
    return !this.#isOver && this.#pace.spent < end
  }

  /** The same amid work that is no turn, such as a start. */
  async #rest(): Promise<void> {
    this.#pace.worked()
    await turnOfLoop()
    this.#pace.begin()
    await this.#giveWay()
  }

  /** Resolves once others had the CPU that they wanted, and no real packets pass, or the rehearsal is over. */
  async #giveWay(): Promise<void> {
    await this.#wait(() => (this.#pace.pause > 0 ? 0 : this.#pace.yields))
    if (this.#pace.pause === 0 || this.#isOver) return
    this.#sideEffects?.allow()
    await this.#wait(() => this.#pace.pause)
    this.#sideEffects?.suppress()
  }

  /** Waits as long as `left` returns milliseconds that are left. */
  async #wait(left: () => number): Promise<void> {
    while (left() > 0 && !this.#isOver) {
      await new Promise((resolve) => setTimeout(resolve, left()))
      this.#pace.begin()
    }
  }

  /** Milliseconds of this thread's CPU time; undefined if neither the kernel can be asked nor Node, which tells since 23.9. */
  #ownCpu(): number | undefined {
    if (this.#threadCpu !== undefined) return this.#threadCpu.now()
    const { threadCpuUsage } = process as { threadCpuUsage?: () => NodeJS.CpuUsage }
    return threadCpuUsage && milliseconds(threadCpuUsage())
  }

  get #isOver(): boolean {
    return this.#abort.signal.aborted || this.#pace.isOver
  }
}

function milliseconds({ system, user }: NodeJS.CpuUsage): number {
  return (system + user) / 1_000
}
