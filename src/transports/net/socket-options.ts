/** Milliseconds of silence after which the kernel asks whether the remote is still there. */
const KEEPALIVE_DELAY = 25_000
/** Options that every stream's socket has, dialled or accepted. */
export const SOCKET_OPTIONS = {
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: KEEPALIVE_DELAY,
} as const
