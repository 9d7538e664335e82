/** The field of /proc/PID/stat that tells when a process started, counted behind its name. proc_pid_stat(5) */
const START_FIELD = 19

/**
 * When a process started, in clock ticks since the host did, by its /proc/PID/stat; undefined if there is none. Names may hold
 * spaces and brackets.
 */
export function processStart(stat: string | undefined): string | undefined {
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[START_FIELD]
}
