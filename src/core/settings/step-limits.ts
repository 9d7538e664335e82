/** Milliseconds that each step of reaching a peer may take, unless whoever names it says otherwise. */
export const STEP_LIMITS = {
  /** The look-up of a name. */
  name: 5_000,
  /** A connection to any of the addresses of a host. */
  connect: 10_000,
  /** Each answer of a proxy. */
  proxy: 10_000,
  /** A TLS handshake. */
  tls: 10_000,
  /** A server's answer to a request for another protocol. */
  upgrade: 10_000,
  /** The first authentic datagram by a link that is open. */
  handshake: 5_000,
} as const

/** The same of any other step. */
const OTHER_LIMIT = 10_000

/** The limit of a step by its name. */
export function stepLimit(name: string): number {
  return Object.hasOwn(STEP_LIMITS, name) ? STEP_LIMITS[name as keyof typeof STEP_LIMITS] : OTHER_LIMIT
}
