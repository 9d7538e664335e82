/** A model written in a format. */
export interface Converted {
  /** The file's text. */
  readonly text: string
  /** What the format cannot say, or says in a way that other programs do not read; one line each. */
  readonly remarks: readonly string[]
}
