/**
 * Empties a list that the next batch uses again. Setting its length to 0 would call V8's runtime and give its
 * memory back, 40 ns with the next push where this takes 5.
 */
export function clearList(list: unknown[]): void {
  while (list.length > 0) list.pop()
}

/**
 * An empty list for anything, to be filled and emptied again and again. To V8 a plain `[]` is one of small whole numbers until
 * the first object or other number is in it: code that was optimized for lists of objects would be thrown away for one that
 * never had any, or that is one of floating-point numbers by then.
 */
export function emptyList<Item>(): Item[] {
  const list: (Item | undefined)[] = [undefined]
  list.pop()
  return list as Item[]
}

/**
 * The same for numbers, as a list of floating-point ones from the start. A plain `[]` becomes one when optimized code that knows a
 * number as such adds it, so some of them did and others not, and what was optimized for either was thrown away for the other.
 */
export function emptyNumbers(): number[] {
  const list = [0.5]
  list.pop()
  return list
}
