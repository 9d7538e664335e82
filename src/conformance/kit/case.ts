/** One promise of a part, and what finds out whether it is kept; data, for whatever runs tests. */
export interface Case {
  /** What the part does, as a test is called. */
  readonly name: string
  /** The sentence of the contract that is broken if it fails. */
  readonly promise: string
  /** Throws, or rejects, if the promise is not kept. It ends by itself: each of its waits has a limit, and says for what. */
  run(): void | Promise<void>
}

/** Adds a case that is run in a lab. */
export type DefineCase<Lab> = (name: string, promise: string, run: (lab: Lab) => void | Promise<void>) => void
