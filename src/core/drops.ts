/** What counts drops, by cause. */
interface Counting {
  readonly drops: Readonly<Record<string, number>>
}

/** The causes of drops that came up, each as `part.cause`. */
export function dropsOf(parts: Readonly<Record<string, Counting>>): Record<string, number> {
  const found: Record<string, number> = {}
  for (const [part, { drops }] of Object.entries(parts)) {
    for (const [cause, count] of Object.entries(causesOf(drops))) found[`${part}.${cause}`] = count
  }
  return found
}

/** The causes of drops that came up. */
export function causesOf(drops: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(drops).filter(([, count]) => count > 0))
}
