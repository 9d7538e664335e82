/** Where the C library looks for name servers. resolv.conf(5) */
export const RESOLV_CONF = '/etc/resolv.conf'

/** What that file begins with while a tunnel names its own there. */
export const WRITTEN_BY = '# Written by Qanat while '
