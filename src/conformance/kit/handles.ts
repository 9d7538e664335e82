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
