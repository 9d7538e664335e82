import { inspect, isDeepStrictEqual } from 'node:util'
import { PATIENCE, within } from '../../lab/deadline.js'

/** Most milliseconds between looks. The longer it has waited, the longer it pauses. */
const LONGEST_PAUSE = 20
const PAUSE_SHARE = 0.1
/** Most milliseconds that it rests after a look of as many: one that starts programs takes processors from what is waited for. */
const LONGEST_REST = 200

/**
 * Looks again and again, and resolves with what is seen once it is what is wanted: it equals `wanted`, or `wanted` says
 * so; if nothing special is wanted, it is not undefined, null or false. What `look` throws ends the waiting.
 *
 * @param what what is waited for, as a clause: 'all arrive'
 * @param limit in milliseconds
 * @throws Error which says what was seen last, if it never comes true.
 */
export async function eventually<Seen>(
  what: string,
  look: () => Seen | Promise<Seen>,
  wanted: Seen | ((seen: Seen) => boolean | undefined) = isThere,
  limit = PATIENCE,
): Promise<Exclude<Seen, undefined | null | false>> {
  const begun = performance.now()
  for (;;) {
    const lookBegun = performance.now()
    const looking = look()
    const seen = looking instanceof Promise ? await within(looking, `to see whether ${what}`, limit) : looking
    const isOver =
      typeof wanted === 'function'
        ? (wanted as (seen: Seen) => boolean | undefined)(seen)
        : isDeepStrictEqual(seen, wanted)
    if (isOver) return seen as Exclude<Seen, undefined | null | false>
    const now = performance.now()
    const waited = now - begun
    if (waited > limit)
      throw new Error(`Waited ${limit} ms in vain until ${what}: last seen ${inspect(seen)}`)
    const rest = Math.min(LONGEST_REST, now - lookBegun)
    const pause = Math.max(rest, Math.min(LONGEST_PAUSE, waited * PAUSE_SHARE))
    await (pause < 1 ? turns(1) : new Promise((resolve) => setTimeout(resolve, pause)))
  }
}

/** Lets the event loop turn, so that what should not happen has the chance to. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

function isThere(seen: unknown): boolean {
  return seen !== undefined && seen !== null && seen !== false
}
