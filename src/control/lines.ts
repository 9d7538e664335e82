const LINE_FEED = 0x0a

/** Cuts a stream into lines of a bounded length. */
export class Lines {
  readonly #limit: number
  readonly #pieces: Buffer[] = []
  #length = 0

  /** @param limit bytes of a line with its end. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** The lines that are whole now, without their ends; undefined once one is too long. */
  take(chunk: Buffer): string[] | undefined {
    const lines: string[] = []
    let rest = chunk
    for (let end = rest.indexOf(LINE_FEED); end >= 0; end = rest.indexOf(LINE_FEED)) {
      if (this.#length + end + 1 > this.#limit) return undefined
      lines.push(Buffer.concat([...this.#pieces.splice(0), rest.subarray(0, end)]).toString())
      this.#length = 0
      rest = rest.subarray(end + 1)
    }
    this.#pieces.push(rest)
    this.#length += rest.length
    return this.#length < this.#limit ? lines : undefined
  }
}
