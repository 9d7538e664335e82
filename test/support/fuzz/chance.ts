import { pseudoRandom } from '../netsim/simulation.js'

/** Numbers at which parsers change their minds. */
const EDGES = [0, 1, 2, 4, 15, 16, 17, 31, 32, 63, 64, 125, 126, 127, 128, 253, 254, 255]

/** What a round of fuzzing is made of: the same for the same seed. */
export class Chance {
  readonly #random: () => number

  constructor(seed: number) {
    this.#random = pseudoRandom(seed)
  }

  /** A whole number from 0 on, below `limit`. */
  below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }

  /** True with this probability. */
  happens(probability: number): boolean {
    return this.#random() < probability
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!
  }

  /** At most `most` items, each made anew. */
  some<Item>(most: number, make: () => Item): Item[] {
    return Array.from({ length: this.below(most + 1) }, make)
  }

  /** Random bytes: `length` of them. */
  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256))
  }

  /** Bytes with some changed, removed, added, doubled or set to edges. What it is given stays as it is. */
  mutate(genuine: Uint8Array): Uint8Array {
    let bytes = Uint8Array.from(genuine)
    for (let times = 1 + this.below(4); times > 0; times--) bytes = this.#mutateOnce(bytes)
    return bytes
  }

  /** A text with some of it changed, removed, doubled, or a word put in. */
  mutateText(genuine: string, words: readonly string[]): string {
    let text = genuine
    for (let times = 1 + this.below(4); times > 0; times--) {
      const at = this.below(text.length + 1)
      const length = this.below(this.happens(0.8) ? 8 : text.length + 1)
      const part = text.slice(at, at + length)
      const put = this.pick([
        () => '',
        () => part + part,
        () => this.pick(words),
        () => part + this.pick(words),
        () => String.fromCodePoint(this.happens(0.7) ? this.below(256) : this.below(0xd800)),
        () => part.split('').reverse().join(''),
      ])()
      text = text.slice(0, at) + put + text.slice(at + length)
    }
    return text
  }

  /** Cuts bytes into the pieces in which a stream may bring them; often into one, sometimes into single bytes. */
  pieces(bytes: Uint8Array): Uint8Array[] {
    const most = this.pick([bytes.length, 1, 3, 100])
    const pieces: Uint8Array[] = []
    for (let at = 0; at < bytes.length; ) {
      const end = at + 1 + this.below(Math.max(1, most))
      pieces.push(bytes.subarray(at, end))
      at = end
    }
    return pieces
  }

  #mutateOnce(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const at = this.below(bytes.length + 1)
    const kind = this.below(6)
    if (kind === 0) return Uint8Array.from(bytes.subarray(0, at))
    if (kind === 1) return joined(bytes.subarray(0, at), this.bytes(this.below(20)), bytes.subarray(at))
    if (kind === 2) return joined(bytes.subarray(0, at), bytes.subarray(at + this.below(8)))
    if (kind === 3) return joined(bytes.subarray(0, at), bytes.subarray(Math.max(0, at - this.below(30))))
    const changed = Uint8Array.from(bytes)
    if (at === bytes.length) return changed
    if (kind === 4) changed[at]! ^= 1 << this.below(8)
    else changed[at] = this.pick(EDGES)
    return changed
  }
}

/** Bytes behind each other. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.concat(parts))
}
