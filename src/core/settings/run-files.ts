/** The name of root's run folder, in which services have folders of their own (RuntimeDirectory of systemd). */
export const SHARED_RUN_FOLDER = 'qanat'

/** Root's folder for what outlives a start of the host, unless systemd names one. file-hierarchy(7) */
export const STATE_FOLDER = '/var/lib/qanat'

/** The folder that systemd names for that (StateDirectory), the first if there are several; undefined if it names none. */
export function namedStateFolder({
  STATE_DIRECTORY,
}: Readonly<Record<string, string | undefined>>): string | undefined {
  return STATE_DIRECTORY?.split(':')[0]
}

/** What names of journals end with. */
export const JOURNAL_ENDING = '.journal'
