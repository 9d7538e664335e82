import type { DialWait, Link, Listener, Transport } from '../../core/api/transport.js'
import { limited } from '../kit/limited.js'
import { Recorder } from '../kit/recorder.js'
import { Turns } from '../kit/turns.js'
import type { RawWire } from './raw-wire.js'

/** Milliseconds after which something that should have happened did not. */
const PATIENCE = 8_000

/** What a transport is tested with. A new one is made for each test. */
export interface TransportSetup {
  /** A new end, as one process would have it. Called once per end that a test needs: `far` listens, `near` dials. */
  end(side: 'near' | 'far'): Transport | Promise<Transport>
  /** Where an end can listen; with port 0 if the kernel picks one. */
  readonly endpoint: URL
  /** The host's clock, if the ends go by it: a turn then takes a millisecond. `pending` counts its waiting timers. */
  readonly clock?: { readonly pending: number }
  /** Lets time pass, if the transport depends on a clock of the test's. */
  settle?(): void
  /** Sends bytes to the listener as a stranger would; by TCP or UDP if absent, where the endpoint has a port. */
  readonly rawWire?: RawWire | undefined
  /** Removes what the setup made. */
  dispose?(): void | Promise<void>
}

/** One end's link and what it was told. */
export interface Dialled {
  readonly link: Link
  readonly received: Recorder
}

/** A listening end with the means to dial it, for one test. */
export class TransportLab {
  /** What the listening end was told. */
  readonly received = new Recorder()
  readonly #setup: TransportSetup
  readonly #turns: Turns
  readonly #links: Link[] = []
  #listener: Listener | undefined

  constructor(setup: TransportSetup) {
    this.#setup = setup
    this.#turns = new Turns({
      patience: PATIENCE,
      isTimed: setup.clock !== undefined,
      pass: () => setup.settle?.(),
    })
  }

  get listener(): Listener {
    return this.#listener!
  }

  async listen(endpoint = this.#setup.endpoint): Promise<Listener> {
    this.#listener = await this.listenBeside(endpoint)
    return this.#listener
  }

  /** Has another end listen, which is left to the case. */
  async listenBeside(endpoint: URL): Promise<Listener> {
    const end = await limited('a listening end is made', async () => this.#setup.end('far'))
    return this.settled(end.listen(endpoint, this.received))
  }

  /** Dials by a new end. `begun` is called once that is under way. */
  async dial(
    { signal = new AbortController().signal, step = () => {} }: Partial<DialWait> = {},
    endpoint = this.listener.endpoint,
    begun = () => {},
  ): Promise<Dialled> {
    const received = new Recorder()
    const end = await limited('a dialling end is made', async () => this.#setup.end('near'))
    const dialling = end.dial(endpoint, received, { signal, step })
    begun()
    const link = await this.settled(dialling)
    this.#links.push(link)
    return { link, received }
  }

  /** Dials, sends one datagram that begins with `mark`, and waits for the far end's link. */
  async connect(mark = 1): Promise<Dialled & { far: Link }> {
    const dialled = await this.dial()
    const arrivals = this.received.arrivals.length
    dialled.link.send([Uint8Array.of(mark)])
    await this.until('the first datagram arrives', () => this.received.arrivals.length > arrivals)
    const far = this.received.arrivals[arrivals]!.link
    far.authenticated?.() // a link that has proven nothing may be held shorter
    return { ...dialled, far }
  }

  /** What the promise comes to, with time passing meanwhile. */
  async settled<Value>(promise: Promise<Value>): Promise<Value> {
    let pending = true
    const done = () => {
      pending = false
    }
    promise.then(done, done)
    await this.until('a promise is settled', () => !pending)
    return promise
  }

  until(what: string, happened: () => boolean, patience?: number): Promise<void> {
    return this.#turns.until(what, happened, patience)
  }

  /** Timers of the ends' clock that wait, if it is known. */
  get timers(): number {
    return this.#setup.clock?.pending ?? 0
  }

  get rawWire(): RawWire | undefined {
    return this.#setup.rawWire
  }

  /** What is thrown by nobody's call while something goes on; what runs the case is not told. */
  async thrownMeanwhile(run: () => Promise<void>): Promise<string[]> {
    const thrown: string[] = []
    const others = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    const note = (error: Error) => void thrown.push(error.message)
    process.on('uncaughtException', note)
    try {
      await run()
    } finally {
      process.removeListener('uncaughtException', note)
      for (const other of others) process.on('uncaughtException', other)
    }
    return thrown
  }

  /** Gives what should not happen the time to happen. */
  quiet(): Promise<void> {
    return this.#turns.quiet()
  }

  async close(): Promise<void> {
    for (const link of this.#links) await this.settled(link.close())
    if (this.#listener) await this.settled(this.#listener.close())
  }

  async dispose(): Promise<void> {
    await this.close()
    await this.#setup.dispose?.()
  }
}
