/** What a tunnel achieved. */
export interface Measurement {
  /** Milliseconds; the median of all pings. */
  readonly roundTrip: number
  readonly pings: number
  /** Pings that got no answer. */
  readonly lost: number
  readonly copiedBytes: number
  readonly copySeconds: number
  /** Whether what came out is what went in. */
  readonly hashEqual: boolean
}

/** Pings of a measurement. */
export const PINGS = 20
/** Milliseconds after which a ping is lost; and the next one is sent, while a tunnel comes up. */
const PING_PATIENCE = 5_000
const FIRST_PATIENCE = 300
/** Pings that may be lost before the first answer. */
export const FIRST_PINGS = 100
/** Milliseconds that a copy takes, or less if it reaches its bound. */
export const COPY_TIME = 500
/** Bytes. The far end keeps them all until it hashes them, so that hashing does not slow the copy. */
export const COPY_LIMIT = 256e6

/** Whether a tunnel did all that is asked of it. */
export function isGood({ lost, hashEqual }: Measurement): boolean {
  return lost === 0 && hashEqual
}

/**
 * Pings until one is answered, then as often as a measurement asks for. `ping` returns whether the answer came
 * within so many milliseconds.
 *
 * @throws Error if none is answered.
 */
export async function measureRoundTrip(
  ping: (patience: number) => Promise<boolean>,
): Promise<Pick<Measurement, 'roundTrip' | 'pings' | 'lost'>> {
  let first = 0
  while (!(await ping(FIRST_PATIENCE))) if (++first >= FIRST_PINGS) throw new Error('no ping was answered')
  const times: number[] = []
  for (let count = 0; count < PINGS; count++) {
    const sent = performance.now()
    if (await ping(PING_PATIENCE)) times.push(performance.now() - sent)
  }
  times.sort((a, b) => a - b)
  return { roundTrip: times[times.length >> 1] ?? Number.NaN, pings: PINGS, lost: PINGS - times.length }
}
