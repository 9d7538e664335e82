import { abortedWith } from '../../core/time/aborted-with.js'

/** Something that is open until it tells that it closed. */
interface Closable {
  once(event: 'close', listener: () => void): unknown
}

/** What a plugin opened, or is about to: it ends when the tunnel is over, whoever forgot it. */
export class OpenThings {
  readonly #closers = new Set<() => void>()
  readonly #signal: AbortSignal

  /** @param signal aborted when the tunnel is over */
  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', () => this.#closeAll(), { once: true })
  }

  /** Adds a thing that `close` closes: at once if the tunnel is over. */
  add(thing: Closable, close: () => void): void {
    if (this.#signal.aborted) closeQuietly(close)
    else {
      this.#closers.add(close)
      thing.once('close', () => this.#closers.delete(close))
    }
  }

  /** Does work whose signal is aborted with `signal`, or when the tunnel is over. */
  async during<Value>(
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    const until = abortedWith(signal === undefined ? [this.#signal] : [signal, this.#signal])
    try {
      return await work(until.signal)
    } finally {
      until.forget()
    }
  }

  #closeAll(): void {
    const closers = [...this.#closers]
    this.#closers.clear()
    for (const close of closers) closeQuietly(close)
  }
}

/** What cannot be closed, as it was already, must not keep others open. */
function closeQuietly(close: () => void): void {
  try {
    close()
  } catch {}
}
