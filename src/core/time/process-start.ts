/** The field of /proc/PID/stat that tells when a process started, counted behind its name. proc_pid_stat(5) */
const START_FIELD = 19
/** States of a process that has ended while nobody has waited for it. A container may have nobody who ever does. */
const ENDED = ['Z', 'X']

/**
 * When a process started, in clock ticks since the host did, by its /proc/PID/stat; undefined if there is none. Names may hold
 * spaces and brackets.
 */
export function processStart(stat: string | undefined): string | undefined {
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[START_FIELD]
}

/** The same of a process that still runs; undefined also if it has ended and is there because nobody has waited for it. */
export function runningSince(stat: string | undefined): string | undefined {
  const state = stat?.charAt(stat.lastIndexOf(')') + 2)
  return state === undefined || ENDED.includes(state) ? undefined : processStart(stat)
}
