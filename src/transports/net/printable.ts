/** Characters of somebody else's words that a message takes over. */
const MOST = 160

/** Somebody else's words as they may be written into a message: one line of printable ASCII, not too long. */
export function printable(words: string): string {
  const line = words.replace(/[^\x20-\x7e]+/g, ' ').trim()
  return line.length > MOST ? `${line.slice(0, MOST)}…` : line
}
