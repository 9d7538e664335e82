/** Whose changes a journal is about, for those who ask about a tunnel that no longer runs. */
export interface NotedRun {
  /** The file of the tunnel; absent if it has none. */
  readonly file?: string
  /** Whether its packet filter is a kill switch. */
  readonly killSwitch: boolean
}

/** The line of a journal that says so; undefined if the line is another one. */
export function parseRun(line: string): NotedRun | undefined {
  try {
    const { file, killSwitch } = (JSON.parse(line) ?? {}) as Partial<NotedRun>
    if (typeof killSwitch !== 'boolean') return undefined
    return typeof file === 'string' ? { file, killSwitch } : { killSwitch }
  } catch {
    return undefined
  }
}
