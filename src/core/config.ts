import type { CipherSettings } from './plugin.js'
import type { TunOptions } from './tun-device.js'

/** What a tunnel is made of. */
export interface TunnelConfig {
  readonly cipher: string
  readonly cipherSettings: CipherSettings
  readonly tunDriver: string
  readonly tun: TunOptions
  /** Where the peer is reached, the best first; their schemes name transports. Empty: this end waits for it. */
  readonly endpoints: readonly URL[]
  /** Where this end listens. */
  readonly listen: readonly URL[]
  /** Modules that register further parts: paths or package names. */
  readonly plugins: readonly string[]
}

/** CrapVPN's port, and the default of every transport. */
export const DEFAULT_PORT = 1337

/** Bytes. Leaves room for the headers of IPv6, UDP and WireGuard within 1500. */
export const DEFAULT_MTU = 1420
/** Bytes. What IPv6 needs at least. RFC 8200 section 5 */
export const MIN_MTU = 1280
/** Bytes. What fits a UDP datagram with any cipher's overhead. */
export const MAX_MTU = 65_000
