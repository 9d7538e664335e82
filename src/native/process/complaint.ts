/** What busybox's `ip` says of commands and options that only that of iproute2 knows. */
const OF_BUSYBOX = /^BusyBox v|invalid argument '.*' to 'ip'/

/** What is said of that. */
export const NOT_IPROUTE2 = "the program 'ip' is busybox's, which cannot do that; install iproute2"

/** What a program complained of, in one line; empty if it said nothing. */
export function complaintOf(said: string): string {
  const [first = ''] = said.trim().split('\n')
  return OF_BUSYBOX.test(first) ? NOT_IPROUTE2 : first
}
