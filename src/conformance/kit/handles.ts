/** What keeps the process alive, by kind. Timers are left out: the test's own time limit is one. */
export function handles(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => !['Timeout', 'Immediate'].includes(kind))
    .sort()
}
