import type { Socket } from 'node:net'
import type { Reason } from '../../core/reasons/reason.js'

/** What is said of an answer that is late, by whether a part of it came: that is looked at when it is told. */
export class LateAnswer implements Reason {
  readonly #silent: Reason
  readonly #slow: Reason
  readonly #hasBegun: () => boolean

  constructor(silent: Reason, slow: Reason, hasBegun: () => boolean) {
    this.#silent = silent
    this.#slow = slow
    this.#hasBegun = hasBegun
  }

  get code(): string {
    return this.#told.code
  }

  get text(): string {
    return this.#told.text
  }

  get #told(): Reason {
    return this.#hasBegun() ? this.#slow : this.#silent
  }
}

/** Tells whether more came by a socket than until now. */
export function moreThanSoFar(socket: Socket): () => boolean {
  const before = socket.bytesRead
  return () => socket.bytesRead > before
}
