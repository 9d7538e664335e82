import type { NumberSetting } from './number-setting.js'

/** What a transport is made of. Each takes what it needs. */
export interface TransportSettings {
  /**
   * The local port that datagram sockets bind when they dial before anything listens; 0 lets the kernel pick.
   */
  readonly localPort: number
  /**
   * The mark (SO_MARK) of all that leaves this host, look-ups of endpoints included, for routing rules; absent or 0:
   * none. Needs CAP_NET_ADMIN.
   */
  readonly mark?: number | undefined
  /**
   * Name servers that are asked by way of the tunnel: with a mark, endpoints are not looked up there, unless the host
   * asked them before.
   */
  readonly tunnelDns?: readonly string[] | undefined
  /**
   * Addresses of endpoints' hosts from before the tunnel changed the host, by name: with a mark, they count while no
   * name server outside the tunnel tells any.
   */
  readonly knownAddresses?: ReadonlyMap<string, readonly string[]> | undefined
  /** How streams (TCP, WebSocket) are dialled through proxies; directly where absent. */
  readonly proxy?: ProxySettings | undefined
  /** Certificates and keys of `wss://`, at either end. */
  readonly tls?: TlsSettings | undefined
  readonly webSocket?: WebSocketSettings | undefined
  readonly streamLimits?: StreamSettings | undefined
}

/** How streams are dialled through HTTP and SOCKS proxies. */
export interface ProxySettings {
  /**
   * `http://`, `https://` (TLS to the proxy itself) or `socks5://`, with user and password where the proxy wants
   * them, percent-encoded; `none` dials directly whatever the environment says. Default: the environment decides.
   */
  readonly url?: URL | 'none' | undefined
  /**
   * Where HTTPS_PROXY, ALL_PROXY and NO_PROXY, or their lower-case forms, are looked up. Default: nowhere, so
   * that a program that embeds a tunnel has to say `process.env`.
   */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
  /** PEM of the authorities that an `https://` proxy's certificate is checked against. Default: those of Node. */
  readonly ca?: string | undefined
}

/** Certificates and keys. All are text, not paths. */
export interface TlsSettings {
  /** PEM of the authorities that the other end's certificate is checked against. Default: those of Node. */
  readonly ca?: string | undefined
  /** PEM of the own certificate, with its chain. A server needs it; a client shows it where the server asks. */
  readonly cert?: string | undefined
  /** PEM of the own certificate's private key. */
  readonly key?: string | undefined
  /**
   * SHA-256 of the public key (SubjectPublicKeyInfo, DER) in the server's certificate, as base64 or hex, with or
   * without `sha256/` before it. It alone proves the server: issuer, name and dates are not asked, unless `ca` is
   * given, too. Default: no pin.
   */
  readonly pin?: string | undefined
  /** The name that the client asks for (SNI) and expects in the certificate. Default: the endpoint's host. */
  readonly serverName?: string | undefined
}

/** What is special to WebSocket. The path is the endpoint's. */
export interface WebSocketSettings {
  /** Headers that the client sends with its upgrade, `Host` included. Default: none but the needed ones. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /**
   * Networks, as CIDR, of reverse proxies before the server, whose X-Forwarded-For names the source. Default:
   * none, and the header is ignored.
   */
  readonly trustedProxies?: readonly string[] | undefined
  /**
   * A folder of files that the server shows to visitors that are not tunnel clients. It is read when listening
   * starts; a visitor's connection lives no longer than one that has to prove itself. Default: one 404 page.
   */
  readonly documentRoot?: string | undefined
}

/** Units are those of {@link StreamSettings}. A send queue holds at least two frames of the largest datagram. */
export const STREAM_SETTINGS = {
  sendQueue: { min: 131_072, max: 67_108_864, default: 262_144 },
  maxUnauthenticated: { min: 1, max: 1_000_000, default: 1_024 },
  maxUnauthenticatedPerAddress: { min: 1, max: 1_000_000, default: 16 },
  unauthenticatedTimeout: { min: 100, max: 600_000, default: 10_000 },
} as const satisfies Readonly<Record<keyof StreamSettings, NumberSetting>>

/** Limits of links over connections (TCP, WebSocket). {@link STREAM_SETTINGS} has the range and default of each. */
export interface StreamSettings {
  /** Bytes that may wait for a slow carrier, beyond the socket's own buffer. */
  readonly sendQueue?: number | undefined
  /** Accepted links that have proven nothing, in all. */
  readonly maxUnauthenticated?: number | undefined
  /** Accepted links that have proven nothing, per source address (IPv6: per /64). */
  readonly maxUnauthenticatedPerAddress?: number | undefined
  /** Milliseconds from being accepted to the first authentic datagram. */
  readonly unauthenticatedTimeout?: number | undefined
}
