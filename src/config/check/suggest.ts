/** The known word that a mistyped one is most like and not the opposite of; undefined if none is near. */
export function suggest(word: string, known: readonly string[]): string | undefined {
  const most = Math.max(1, Math.floor(word.length / 3))
  let best: { readonly word: string; readonly distance: number } | undefined
  for (const candidate of known) {
    const distance = editDistance(plain(word), plain(candidate))
    const isBest = distance <= most && distance < (best?.distance ?? Number.POSITIVE_INFINITY)
    if (isBest && !areOpposites(plain(word), plain(candidate))) {
      best = { word: candidate, distance }
    }
  }
  return best?.word
}

/** What to write in place of a word that is not known, as the end of a message. */
export function hint(word: string, known: readonly string[]): string {
  const meant = suggest(word, known)
  return meant === undefined ? `known are ${known.join(', ')}` : `did you mean '${meant}'?`
}

/** Upper case, dashes and underscores are what is confused most. */
function plain(word: string): string {
  return word.toLowerCase().replace(/[-_ ]/g, '')
}

/** What makes a word the opposite of the one behind it. */
const NEGATIONS = [
  'dis',
  'un',
  'non',
  'not',
  'no',
  'never',
  'deny',
  'block',
  'exclude',
  'without',
  'skip',
  'drop',
]

/** Whether one of two words is more like the other if it loses a negation. */
function areOpposites(a: string, b: string): boolean {
  const distance = editDistance(a, b)
  const negates = (word: string, other: string) =>
    NEGATIONS.some((negation) => {
      const isThere = word.startsWith(negation) && !other.startsWith(negation)
      return isThere && editDistance(word.slice(negation.length), other) < distance
    })
  return negates(a, b) || negates(b, a)
}

/** How many letters have to be inserted, removed, replaced or swapped with their neighbour. */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)]
  for (let row = 1; row <= a.length; row++) {
    const line = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      line[column] = Math.min(
        line[column - 1]! + 1,
        rows[row - 1]![column]! + 1,
        rows[row - 1]![column - 1]! + (same ? 0 : 1),
        swapped ? rows[row - 2]![column - 2]! + 1 : Number.POSITIVE_INFINITY,
      )
    }
    rows.push(line)
  }
  return rows[a.length]![b.length]!
}
