/** What differs from run to run, and what stands for it. Durations and sizes keep neither number nor unit. */
const CHANGING: readonly (readonly [RegExp, string])[] = [
  [/[A-Za-z0-9+/]{43}=/g, 'KEY'],
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME'],
  [/\b\d+(?:\.\d+)? (?:ms|s|seconds?|minutes?|min|h|d|[kMG]?B|[KMG]iB)(?= |,|$|\)|\/)/g, 'N'],
  [/(?<= )–(?= |$)/g, 'N'],
  [/\bprocess \d+/g, 'process N'],
  [/\bQanat \d+\.\d+\.\d+/g, 'Qanat N'],
  [/(?<=\b(?:pump|cipher)\.\w+ )\d+/g, 'N'],
  [/:\d{5}\b/g, ':PORT'],
  [/─+/g, '─'],
  [/\s+/g, ' '],
]

/**
 * Whether a program printed what a page shows: the same lines, but for keys, times, durations, sizes, process ids, high ports
 * and the widths of columns. `…` stands for anything within a line, and alone in a line for any lines.
 */
export function isLike(shown: readonly string[], printed: readonly string[]): boolean {
  const pattern = steady(shown).map((line) =>
    line === '…' ? '(?:.*\n)*?' : `${line.split('…').map(literally).join('.*')}\n`,
  )
  const text = steady(printed)
    .map((line) => `${line}\n`)
    .join('')
  return new RegExp(`^${pattern.join('')}$`).test(text)
}

/** Lines less what changes, and less the empty ones at the end. */
function steady(lines: readonly string[]): string[] {
  const kept = lines.map((line) =>
    CHANGING.reduce((text, [what, by]) => text.replaceAll(what, by), line).trim(),
  )
  while (kept.at(-1) === '') kept.pop()
  return kept
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}
