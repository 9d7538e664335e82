import { HEADROOM, TAILROOM } from '../../../core/api/packet.js'

/** Bytes to begin with: messages of this program need no more. */
const FIRST_CHUNK = 2048
/** Bytes. A batch that needs more takes fresh memory each time. */
const LARGEST_CHUNK = 256 * 1024

/** Memory for datagrams that cannot be made where their packets lie. What it gives lasts until `reset`. */
export class Scratch {
  #memory = new Uint8Array(0)
  #used = 0

  /** Takes back all that was given. */
  reset(): void {
    this.#used = 0
  }

  /** Memory of the given length with the room of a packet before and after it. It is not zeroed. */
  take(length: number): Uint8Array {
    const whole = HEADROOM + length + TAILROOM
    if (this.#used + whole > this.#memory.length) {
      this.#memory = new Uint8Array(Math.max(this.#nextChunk(), whole))
      this.#used = 0
    }
    const at = this.#used + HEADROOM
    this.#used += whole
    return this.#memory.subarray(at, at + length)
  }

  #nextChunk(): number {
    return Math.min(Math.max(FIRST_CHUNK, 2 * this.#memory.length), LARGEST_CHUNK)
  }
}
