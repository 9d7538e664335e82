/** What keeps the process alive, by kind. Timers are left out: the test's own time limit is one. */
export function handles(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => !['Timeout', 'Immediate'].includes(kind))
    .sort()
}

/** Timers of Node that keep the process alive, those of whatever runs the case among them. */
export function timersOfNode(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
}

/** What is open beyond `before`, which `handles` told: what an earlier test was still closing then may be gone. */
export function openedSince(before: readonly string[]): string[] {
  const known = [...before]
  return handles().filter((kind) => {
    const at = known.indexOf(kind)
    if (at >= 0) known.splice(at, 1)
    return at < 0
  })
}
