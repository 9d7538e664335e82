import { Lab } from '../../lab/lab.js'
import type { Program } from '../../lab/program.js'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import type { Pair, System } from '../systems/system.js'

/** Milliseconds until a tunnel carries packets, at the most. */
const CONNECT_LIMIT = 40_000
/** Milliseconds that an end may take to end when it is asked to. */
const PATIENCE = 5_000

/** How a tunnel is started. */
interface Setting {
  /** Runs once the far end listens and before the near one starts. */
  readonly listening?: (tunnel: RunningTunnel) => Promise<void>
  /** The CPUs of the near and of the far host's programs; they run on any if absent. */
  readonly cpus?: readonly [number, number]
}

/** A tunnel that runs in a lab of its own. */
export class RunningTunnel {
  /** All labs that are in use, so that whatever ends the process leaves none behind. */
  static readonly #all = new Set<RunningTunnel>()

  readonly lab = new Lab()
  /** The near and the far end; none if there is no tunnel. */
  readonly ends: readonly Program[] = []
  /** What runs beside each end, in the order of the ends. */
  readonly helpers: readonly (readonly Program[])[] = []
  /** Milliseconds from the near end's start to the first answered ping; undefined if no pings get through. */
  connected: number | undefined
  readonly #folder = temporaryFolder()
  readonly #pair: Pair
  /** False if only TCP streams get through. */
  readonly carriesPackets: boolean

  private constructor(system: System) {
    RunningTunnel.#all.add(this)
    this.carriesPackets = !system.tcpOnly
    this.#pair = system.prepare(this.lab, this.#folder)
  }

  /** Runs a system in a lab that is removed afterwards. */
  static async with<Value>(
    system: System,
    work: (tunnel: RunningTunnel) => Promise<Value>,
    { cpus, listening }: Setting = {},
  ): Promise<Value> {
    let tunnel: RunningTunnel | undefined
    try {
      tunnel = new RunningTunnel(system)
      if (cpus !== undefined) {
        tunnel.lab.near.pin(cpus[0])
        tunnel.lab.far.pin(cpus[1])
      }
      await tunnel.#start(listening)
      const value = await work(tunnel)
      await tunnel.stop()
      return value
    } finally {
      RunningTunnel.removeAll()
    }
  }

  /** Kills and removes everything at once. */
  static removeAll(): void {
    for (const tunnel of RunningTunnel.#all) tunnel.#remove()
  }

  /** The far host's address through the tunnel. */
  get address(): string {
    return this.#pair.addresses[1]
  }

  /** Asks both ends to end, and waits until they have. */
  async stop(): Promise<void> {
    const programs = [...this.ends, ...this.helpers.flat()]
    for (const program of programs) program.kill('SIGTERM')
    await Promise.all(
      programs.map((program) => program.ending(PATIENCE).catch(() => program.kill('SIGKILL'))),
    )
  }

  async #start(listening: Setting['listening']): Promise<void> {
    const pair = this.#pair
    const far = await pair.startFar?.()
    await listening?.(this)
    if (far === undefined || pair.startNear === undefined) return
    const near = this.carriesPackets ? await this.#connect(pair) : await pair.startNear()
    const { helpers } = pair
    Object.assign(this, { ends: [near, far], helpers: helpers ? [helpers.near, helpers.far] : [] })
  }

  /** Starts the near end and waits until it answers a ping. */
  async #connect(pair: Pair): Promise<Program> {
    const answered = this.#answered(pair.addresses[0])
    answered.catch(() => {}) // looked at below
    const begun = performance.now()
    const near = await pair.startNear!()
    await Promise.race([answered, near.ended.then(() => Promise.reject(ended(near)))])
    this.connected = performance.now() - begun
    return near
  }

  /** Resolves once the far end's ping is answered. Each ping ends early where it is told 'unreachable'. */
  async #answered(address: string): Promise<void> {
    const deadline = performance.now() + CONNECT_LIMIT
    for (;;) {
      const seconds = String(Math.ceil(Math.max(1, deadline - performance.now()) / 1000))
      const ping = this.lab.far.start('ping', ['-n', '-q', '-i', '0.005', '-c', '1', '-w', seconds, address])
      const { code } = await ping.ending(CONNECT_LIMIT + PATIENCE)
      if (code === 0) return
      if (performance.now() > deadline) throw new Error(`No ping was answered in ${CONNECT_LIMIT} ms`)
    }
  }

  #remove(): void {
    RunningTunnel.#all.delete(this)
    this.lab.remove()
    this.#pair?.remove?.()
  }
}

function ended(end: Program): Error {
  return new Error(`An end stopped: ${[...end.stdout, ...end.stderr].slice(-5).join('\n')}`)
}
