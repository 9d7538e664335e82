import { randomBytes } from 'node:crypto'
import { Failure, type Reason } from '../../core/reasons/reason.js'
import type { Clock, Timer } from '../../core/time/clock.js'
import { abortable } from '../net/within.js'
import { KeptBuffers } from './kept-buffers.js'
import type { Requests } from './requests.js'
import { ClientSession } from './session/client-session.js'
import type { Exchange } from './session/exchange.js'
import { MAX_POSTS, MAX_TOGETHER } from './session/limits.js'
import { SESSION_BYTES } from './session/wire.js'
import { SessionStream } from './session-stream.js'

/** Milliseconds that the goodbye of a session may take. */
const GOODBYE = 500

/** Bytes that are joined: what Node reads at a time. */
const MAX_JOINED = 64 * 1024

/** What the client of a session is made of. */
export interface HttpClientParts {
  readonly requests: Requests
  readonly clock: Clock
  readonly polls: boolean
  /** Who answers, in words. */
  readonly who: string
  /** Whether answers are held back on the way turned out, or changed. */
  readonly learnt: (polls: boolean) => void
}

/** Carries the session of a client over requests. */
export class HttpClient {
  readonly stream: SessionStream
  /** Where what is written to it has to lie. */
  readonly memory = new KeptBuffers()
  readonly #parts: HttpClientParts
  readonly #session: ClientSession
  /** How each exchange under way is given up. */
  readonly #underWay = new Map<Exchange, () => void>()
  /** Bytes that came by one read. */
  readonly #gathered: Uint8Array[] = []
  /** Where they are joined. */
  #joined: Buffer | undefined
  #timer: { readonly due: number; readonly timer: Timer } | undefined
  #polls: boolean
  #isOver = false
  /** Whether exchanges are being begun: what is told meanwhile is looked at next. */
  #isRunning = false
  /** Told how opening ended. */
  #opening: { opened(): void; failed(error: unknown): void } | undefined

  constructor(parts: HttpClientParts) {
    const { clock, polls, who } = parts
    this.#parts = parts
    this.#polls = polls
    this.#session = new ClientSession({
      id: randomBytes(SESSION_BYTES),
      ...{ polls, who },
      now: clock.now(),
      mostPosts: () => Math.min(parts.requests.together ?? MAX_POSTS, MAX_TOGETHER),
      deliver: (bytes) => {
        this.#gathered.push(bytes)
      },
    })
    this.stream = new SessionStream({
      memory: this.memory,
      outbox: this.#session.outbox,
      now: () => clock.now(),
      sends: () => this.#run(),
      ended: (done) => this.#end(done),
    })
  }

  /**
   * Opens the session.
   *
   * @throws Error that tells what the server did; what the signal is aborted with.
   */
  open(signal: AbortSignal): Promise<void> {
    return abortable<void>(signal, (resolve, reject) => {
      this.#opening = { opened: resolve, failed: reject }
      this.#run()
      return () => {
        this.#opening = undefined
      }
    })
  }

  /** Whether the server opened the session. */
  get isOpen(): boolean {
    return this.#session.isOpen
  }

  /** Why what is sent may not arrive: how the last exchange broke. */
  get trouble(): Reason | undefined {
    return this.#session.trouble
  }

  /**
   * Delivers what came by one read of a connection together, however it was cut into records: what is opened together is written to the
   * device together.
   */
  #deliver(): void {
    if (this.#gathered.length === 0) return
    const parts = this.#gathered.splice(0)
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    if (parts.length === 1 || length > MAX_JOINED) {
      for (const part of parts) this.stream.came(part)
      return
    }
    this.#joined ??= Buffer.allocUnsafeSlow(MAX_JOINED)
    let at = 0
    for (const part of parts) {
      this.#joined.set(part, at)
      at += part.length
    }
    this.stream.came(this.#joined.subarray(0, at))
  }

  /** Begins what is to be begun, and gives up what is late. */
  #run(): void {
    if (this.#isRunning || this.#isOver) return
    this.#isRunning = true
    const session = this.#session
    const now = this.#parts.clock.now()
    for (const late of session.tick(now)) this.#giveUp(late)
    for (;;) {
      const exchange = session.next(now)
      if (exchange === undefined) break
      this.#begin(exchange)
    }
    this.#isRunning = false
    this.#look()
  }

  /** Looks at what changed. */
  #look(): void {
    const session = this.#session
    if (session.failure !== undefined) {
      const error = new Failure(session.failure)
      this.#opening?.failed(error)
      this.stream.destroy(error)
      return
    }
    if (session.isOpen) this.#opening?.opened()
    if (session.polls !== this.#polls) {
      this.#polls = session.polls
      this.#parts.learnt(session.polls)
    }
    this.stream.acked()
    if (!this.#isOver) this.#schedule(session.nextTick)
  }

  #schedule(due: number): void {
    if (this.#timer !== undefined && this.#timer.due <= due) return
    this.#timer?.timer.cancel()
    const { clock } = this.#parts
    const timer = clock.schedule(Math.max(0, due - clock.now()), () => {
      this.#timer = undefined
      this.#run()
    })
    this.#timer = { due, timer }
  }

  #begin(exchange: Exchange): void {
    const { clock, requests } = this.#parts
    const session = this.#session
    const giveUp = requests.post(exchange, {
      sent: () => {
        session.sent(exchange, clock.now())
        this.#run()
      },
      came: (bytes) => {
        session.came(exchange, bytes, clock.now())
        this.#deliver()
        if (exchange.reader.isBad) {
          this.#giveUp(exchange)
          session.ended(exchange, clock.now())
        }
        this.#run()
      },
      ended: () => {
        this.#underWay.delete(exchange)
        session.ended(exchange, clock.now())
        this.#run()
      },
      broke: (broken) => {
        this.#underWay.delete(exchange)
        session.broke(exchange, broken, clock.now())
        this.#run()
      },
    })
    this.#underWay.set(exchange, giveUp)
  }

  #giveUp(exchange: Exchange): void {
    this.#underWay.get(exchange)?.()
    this.#underWay.delete(exchange)
  }

  /** The stream is gone: ends all that is under way, and says goodbye. */
  #end(done: () => void): void {
    this.#isOver = true
    const { clock, requests } = this.#parts
    const session = this.#session
    this.#timer?.timer.cancel()
    for (const giveUp of this.#underWay.values()) giveUp()
    this.#underWay.clear()
    const over = () => {
      timer?.cancel()
      requests.close()
      done()
    }
    let timer: Timer | undefined
    if (!session.isOpen || session.failure !== undefined) over()
    else {
      const goodbye = { sent() {}, came() {}, ended: over, broke: over }
      const giveUp = requests.post(session.close(clock.now()), goodbye)
      timer = clock.schedule(GOODBYE, () => {
        giveUp()
        over()
      })
    }
  }
}
