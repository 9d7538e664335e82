import type { IpPrefix } from '../../core/ip/ip-prefix.js'

/** A tunnel as WireGuard's tools see it. Keys are in base64. */
export interface UapiDevice {
  readonly privateKey?: string | undefined
  /** The UDP port on which it listens. */
  readonly listenPort?: number | undefined
  /** The mark of the carrier's packets; 0: none. */
  readonly mark: number
  readonly peers: readonly UapiPeer[]
}

/** A peer as WireGuard's tools see it. */
export interface UapiPeer {
  readonly publicKey: string
  readonly presharedKey?: string | undefined
  /** `ADDRESS:PORT`, an IPv6 address in brackets; absent if no address is known. */
  readonly endpoint?: string | undefined
  /** Milliseconds since 1970; absent if there was no handshake. */
  readonly lastHandshake?: number | undefined
  /** Bytes inside the tunnel. */
  readonly sent: number
  readonly received: number
  /** Seconds; 0: none. */
  readonly keepalive: number
  readonly allowed: readonly IpPrefix[]
}
