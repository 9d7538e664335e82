/** A change of a source that breaks a promise, and the test that has to notice. Paths are from the root of the repository. */
export interface Mutant {
  /** What no longer holds. */
  readonly breaks: string
  readonly file: string
  /** Occurs exactly once in the file. */
  readonly text: string
  readonly replacement: string
  readonly test: string
  /** The whole name of the test, or enough of it: where it is made from a template, what stands between its placeholders. */
  readonly name: string
}

/** A promise of docs/security.md, word for word, and what would break it. */
export interface Kept {
  readonly promise: string
  readonly mutants: readonly Mutant[]
}
