/** Milliseconds from one line to the next. */
const INTERVAL = 10_000

let told = Number.NEGATIVE_INFINITY

/** Says how far something has come that takes an hour, at most every 10 s, and nothing in a share of `npm test`. */
export function tellProgress(words: string): void {
  if (process.env.QANAT_PROGRESS === undefined || performance.now() < told + INTERVAL) return
  told = performance.now()
  process.stderr.write(`${new Date().toISOString()} ${words}\n`)
}
