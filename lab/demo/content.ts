import { createHash, randomBytes } from 'node:crypto'

/** Endless data of which no two chunks are alike. */
export class Content {
  readonly #random: Buffer

  constructor(chunkBytes: number) {
    this.#random = randomBytes(chunkBytes)
  }

  /** The chunk of that number, in memory of its own. */
  chunk(number: number): Buffer {
    const chunk = Buffer.from(this.#random)
    chunk.writeUInt32BE(number)
    return chunk
  }

  /** The hash of the first `count` chunks. */
  hash(count: number): string {
    const hash = createHash('sha256')
    for (let number = 0; number < count; number++) hash.update(this.chunk(number))
    return hash.digest('hex')
  }
}

/** The hash of data in chunks. */
export function hashOf(pieces: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}
