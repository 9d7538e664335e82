import type { Fields } from './logger.js'

/** What counts drops, by cause. */
interface Counting {
  readonly drops: Readonly<Record<string, number>>
}

/** The causes of drops that came up, each as `part.cause`. */
export function dropsOf(parts: Readonly<Record<string, Counting>>): Fields {
  const found: Record<string, number> = {}
  for (const [part, { drops }] of Object.entries(parts)) {
    for (const [cause, count] of Object.entries(drops)) if (count > 0) found[`${part}.${cause}`] = count
  }
  return found
}
