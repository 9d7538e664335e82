import { readFileSync } from 'node:fs'
import { asError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import type { Clock, Timer } from '../../core/time/clock.js'
import { type NetworkEvent, NetworkWatch } from '../../native/netlink/network-watch.js'

/** Milliseconds between two looks at the host, however many events come. */
const INTERVAL = 50
/** Times within so many milliseconds that what somebody removed is restored. */
const MAX_RESTORED = 3
const WINDOW = 10_000
/** Linux gives no greater process ids; further sockets of a process have greater ports. */
const MAX_PID = 2 ** 22

/** What changed, by whom. */
export type UpkeepEvent = NetworkEvent | { readonly kind: 'name-servers'; readonly port: undefined }

/** What is kept as it is. */
export interface Kept {
  readonly kind: UpkeepEvent['kind']
  /** Adds again what is missing, and returns what that was. */
  restore(): Promise<readonly string[]> | readonly string[]
}

/** What keeping depends on. */
export interface UpkeepParts {
  readonly clock: Clock
  readonly log: Logger
  readonly kept: readonly Kept[]
  /** Reports changes until it is closed. Default: the kernel's own events of the host's network. */
  readonly watch?: (changed: (event: UpkeepEvent) => void) => { close(): Promise<void> }
}

/**
 * Keeps what a tunnel made of the host's network while it runs: what somebody removes is restored at once and told, at
 * most three times in ten seconds.
 */
export class Upkeep {
  readonly #parts: UpkeepParts
  readonly #watch: { close(): Promise<void> }
  readonly #kept: readonly Upkept[]

  constructor(parts: UpkeepParts) {
    this.#parts = parts
    this.#kept = parts.kept.map((kept) => new Upkept(kept, parts))
    const watch = parts.watch ?? ((changed) => new NetworkWatch(changed, (thrown) => this.#failed(thrown)))
    this.#watch = watch((event) => {
      for (const one of this.#kept) if (one.kind === event.kind) one.changed(event.port)
    })
  }

  /** Looks at everything now. */
  look(): void {
    for (const one of this.#kept) one.changed(0)
  }

  /** Resolves once nothing is restored any more. */
  async close(): Promise<void> {
    await this.#watch.close()
    await Promise.all(this.#kept.map((one) => one.close()))
  }

  #failed(thrown: unknown): void {
    this.#parts.log.warn('cannot watch the network any more', { why: asError(thrown).message })
  }
}

/** One part of what is kept. */
class Upkept {
  readonly #kept: Kept
  readonly #clock: Clock
  readonly #log: Logger
  /** When it was restored last, at the end the latest time. */
  readonly #restored: number[] = []
  /** Who caused the events since the last look. */
  #culprit = 0
  #lookedAt = Number.NEGATIVE_INFINITY
  #timer: Timer | undefined
  #looking: Promise<void> | undefined
  #again = false
  #isBroken = false
  /** Why it could not be looked at or restored the last time. */
  #failure: string | undefined
  #closed = false

  constructor(kept: Kept, { clock, log }: UpkeepParts) {
    this.#kept = kept
    this.#clock = clock
    this.#log = log
  }

  get kind(): Kept['kind'] {
    return this.#kept.kind
  }

  /** Something changed; `port` tells who did it. */
  changed(port: number | undefined): void {
    if (port !== undefined && port > 0 && port <= MAX_PID && port !== process.pid) this.#culprit = port
    if (this.#looking !== undefined) this.#again = true
    else this.#plan()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    await this.#looking
  }

  #plan(): void {
    if (this.#closed || this.#timer !== undefined) return
    const wait = this.#nextLook() - this.#clock.now()
    if (wait <= 0) this.#look()
    else {
      this.#timer = this.#clock.schedule(wait, () => {
        this.#timer = undefined
        this.#look()
      })
    }
  }

  /** The first look is at once; a part that somebody keeps removing waits. */
  #nextLook(): number {
    const oldest = this.#restored.at(-MAX_RESTORED)
    const soonest = this.#lookedAt + INTERVAL
    return oldest === undefined ? soonest : Math.max(soonest, oldest + WINDOW)
  }

  #look(): void {
    this.#looking = this.#restore().finally(() => {
      this.#looking = undefined
      if (this.#again) this.#plan()
    })
  }

  async #restore(): Promise<void> {
    const culprit = this.#culprit
    this.#culprit = 0
    this.#again = false
    this.#lookedAt = this.#clock.now()
    try {
      const missing = await this.#kept.restore()
      this.#failure = undefined
      if (missing.length > 0) this.#tell(missing, programOf(culprit))
    } catch (thrown) {
      this.#count()
      const why = asError(thrown).message
      if (why !== this.#failure) this.#log.warn('cannot restore the network', { why })
      this.#failure = why
    }
  }

  #tell(missing: readonly string[], who: string): void {
    const isBroken = this.#count()
    if (isBroken && !this.#isBroken) this.#log.error(`broken: ${who} keeps removing it`, { what: missing })
    else if (!isBroken) this.#log.warn('restored what was removed', { what: missing, by: who })
    this.#isBroken = isBroken
  }

  /** Whether it was restored as often as it may be. */
  #count(): boolean {
    const now = this.#clock.now()
    this.#restored.push(now)
    if (this.#restored.length > MAX_RESTORED) this.#restored.shift()
    return this.#restored.length === MAX_RESTORED && now - this.#restored[0]! < WINDOW
  }
}

/** What a process is called. proc_pid_comm(5) */
function programOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  } catch {
    return 'another program'
  }
}
