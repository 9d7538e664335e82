/** The port of an endpoint that names none: CrapVPN's. Schemes of the web have their own. */
export const DEFAULT_PORT = 1337

/** RFC 9110 section 4.2.1 */
export const HTTP_PORT = 80
/** RFC 9110 section 4.2.2 */
export const HTTPS_PORT = 443

/** Stands for a free port that the kernel picks. */
export const ANY_PORT = 0
export const MIN_PORT = 1
/** 16 bits. RFC 768, RFC 9293 section 3.1 */
export const MAX_PORT = 65_535
/** Below it, ports need root or CAP_NET_BIND_SERVICE, unless the host says otherwise. ip(7) */
export const MIN_UNPRIVILEGED_PORT = 1024
