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
        own: ownCpu,
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
      this.#sideEffects?.end()
    }
  }

  async #rehearse(container: DependencyContainer, config: TunnelConfig): Promise<void> {
    await turnOfLoop() // the start goes first
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
        if (this.#isOver) break
        await this.#play(await this.#start(endsOf(rehearsed, certificate), hosts), scenes, end)
        generations++
        if (this.arrived === 0 && this.#pace.spent >= end) throw new Error('its start alone took too long')
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

  async #start(ends: RehearsedEnds, hosts: RehearsedHosts): Promise<Generation> {
    const pace = this.#pace
    const rest = async () => {
      pace.worked()
      await turnOfLoop()
      pace.begin()
    }
    pace.begin()
    const generation = await Generation.start(ends, { hosts, signal: this.#abort.signal, rest })
    pace.worked()
    return generation
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
      await generation.close()
      pace.worked()
    }
  }

  /** Resolves after a turn of the event loop, once no real packets pass; to false if the generation is over. */
  async #turn(end: number): Promise<boolean> {
    await turnOfLoop()
    this.#pace.turned()
    if (this.#pace.pause > 0) {
      this.#sideEffects?.allow()
      while (this.#pace.pause > 0 && !this.#isOver) {
        await new Promise((resolve) => setTimeout(resolve, this.#pace.pause))
        this.#pace.begin()
      }
      this.#sideEffects?.suppress()
    }
    return !this.#isOver && this.#pace.spent < end
  }

  get #isOver(): boolean {
    return this.#abort.signal.aborted || this.#pace.isOver
  }
}

function milliseconds({ system, user }: NodeJS.CpuUsage): number {
  return (system + user) / 1_000
}

/** CPU time of this thread; undefined before Node 23.9, which cannot tell. */
function ownCpu(): number | undefined {
  const { threadCpuUsage } = process as { threadCpuUsage?: () => NodeJS.CpuUsage }
  return threadCpuUsage && milliseconds(threadCpuUsage())
}
