/** One promise of a part, and what finds out whether it is kept; data, for whatever runs tests. */
export interface Case {
  /** What the part does, as a test is called. */
  readonly name: string
  /** The sentence of the contract that is broken if it fails. */
  readonly promise: string
  /** Throws, or rejects, if the promise is not kept. */
  run(): void | Promise<void>
}
