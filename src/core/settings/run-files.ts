/** The name of root's run folder, in which services have folders of their own (RuntimeDirectory of systemd). */
export const SHARED_RUN_FOLDER = 'qanat'

/** What names of journals end with. */
export const JOURNAL_ENDING = '.journal'
