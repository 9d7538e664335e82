import type { NumberSetting } from './number-setting.js'

/** Options that transports have in common, by the tables of a file that say them. A transport lists those that it takes. */
export interface OptionGroups {
  /** Certificates and keys of TLS, at either end. */
  readonly tls?: TlsSettings | undefined
  readonly websocket?: WebSocketSettings | undefined
  readonly streams?: StreamSettings | undefined
}

/** The names of these groups. */
export const OPTION_GROUPS = ['tls', 'websocket', 'streams'] as const satisfies (keyof OptionGroups)[]

/** A certificate with its chain, and its private key, as PEM. */
export interface TlsPair {
  readonly cert: string
  readonly key: string
}

/** Certificates beyond the first that a server may have. */
export const MAX_FURTHER_PAIRS = 32

/** Certificates and keys. All are text, not paths. */
export interface TlsSettings {
  /** PEM of the authorities that the other end's certificate is checked against. Default: those of Node. */
  readonly ca?: string | undefined
  /** PEM of the own certificate, with its chain. A server needs it; a client shows it if the server asks. */
  readonly cert?: string | undefined
  /** PEM of the own certificate's private key. */
  readonly key?: string | undefined
  /**
   * Certificates of further names of a server: a client is shown the first that has the name that it asks for (SNI), or else has it by
   * a wildcard, and `cert` if none has. Default: none.
   */
  readonly further?: readonly TlsPair[] | undefined
  /**
   * SHA-256 of the public key (SubjectPublicKeyInfo, DER) in the server's certificate, as base64 or hex, with or
   * without `sha256/` before it. It alone proves the server: issuer, name and dates are not asked, unless `ca` is
   * given, too. Default: no pin.
   */
  readonly pin?: string | undefined
  /** The name that the client asks for (SNI) and expects in the certificate. Default: the endpoint's host. */
  readonly serverName?: string | undefined
}

/** What is special to WebSocket and to posts. The path is the endpoint's. */
export interface WebSocketSettings {
  /** Headers that the client sends with its upgrade or its posts, `Host` included. Default: none but the needed ones. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /**
   * Networks, as CIDR, of reverse proxies before the server, which name the source in a header. Default: none, and the
   * header is ignored.
   */
  readonly trustedProxies?: readonly string[] | undefined
  /** The header, which those proxies write or append to. No other one is read. Default: `x-forwarded-for`. */
  readonly clientAddressHeader?: 'x-forwarded-for' | 'forwarded' | 'x-real-ip' | undefined
  /**
   * A folder of files that the server shows to visitors that are not tunnel clients. It is read when listening
   * starts; a visitor's connection lives no longer than one that has to prove itself. Default: one 404 page.
   */
  readonly documentRoot?: string | undefined
  /**
   * Bytes of the largest message, which gateways that look into WebSockets bound. {@link WEBSOCKET_SETTINGS} has its range. By
   * default it is found out for each endpoint.
   */
  readonly maxMessage?: number | undefined
  /**
   * Whether an endpoint of WebSockets is tried by posts if something on the way strips or refuses its upgrade: `ws://` as
   * `http://`, `wss://` as `https://`. Default: false.
   */
  readonly httpFallback?: boolean | undefined
}

/** Units are those of {@link WebSocketSettings}. A message is one datagram, of 16 bits of length. */
export const WEBSOCKET_SETTINGS = {
  maxMessage: { min: 2_048, max: 65_535, default: 65_535 },
} as const satisfies Readonly<Record<string, NumberSetting>>

/** The values of {@link WebSocketSettings.clientAddressHeader}; `forwarded` is the header of RFC 7239. */
export const CLIENT_ADDRESS_HEADERS = [
  'x-forwarded-for',
  'forwarded',
  'x-real-ip',
] as const satisfies WebSocketSettings['clientAddressHeader'][]

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
