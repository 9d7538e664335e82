import type { OptionGroups } from './option-groups.js'

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
  /** How streams (TCP, WebSocket) are dialled through proxies; directly if absent. */
  readonly proxy?: ProxySettings | undefined
  /** What a configuration says in the groups of options that the transport lists; of others nothing is there. */
  readonly groups?: OptionGroups | undefined
}

/** What all transports of a tunnel go by, and what is asked besides. */
export interface TunnelTransports extends TransportSettings {
  /**
   * A URL of `http:` whose answer is known, asked while dials fail to tell whether a login page of the network is in the way; its
   * fragment is the text that it answers, if that is not empty (204). Default: none is asked.
   */
  readonly portalProbe?: string | undefined
}

/** Ways to log in at an HTTP proxy. */
export const PROXY_AUTHS = ['any', 'digest', 'basic'] as const satisfies ProxyAuth[]
export type ProxyAuth = NonNullable<ProxySettings['auth']>

/** How streams are dialled through HTTP and SOCKS proxies. */
export interface ProxySettings {
  /**
   * `http://`, `https://` (TLS to the proxy itself) or `socks5://`, with user and password if the proxy asks for
   * them, percent-encoded; `none` dials directly whatever the environment says; `pac+https://`, `pac+http://` or `pac+file:` is a PAC
   * file, whose script says which proxies lead to an endpoint. Default: the environment decides.
   */
  readonly url?: URL | 'none' | undefined
  /**
   * Further proxies of a chain, at most three, each reached through those before it; of a PAC file up to four proxies that it
   * may name, with the login that each is told. Default: none.
   */
  readonly further?: readonly URL[] | undefined
  /** The script that `url` names by `pac+file:`. Default: empty. */
  readonly script?: string | undefined
  /**
   * How to log in at HTTP proxies: `any` is by Digest, or by Basic if the proxy offers nothing better or says nothing; `basic` tells
   * the password at once. Default: `any`.
   */
  readonly auth?: 'any' | 'digest' | 'basic' | undefined
  /** Headers that HTTP proxies are sent, `User-Agent` among them. Default: those that every request needs. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** What messages and a status say named `url`, such as an option or a line of a file. Default: `the setting`. */
  readonly source?: string | undefined
  /**
   * Where HTTPS_PROXY, ALL_PROXY and NO_PROXY, or their lower-case forms, are looked up. Default: nowhere, so
   * that a program that embeds a tunnel has to say `process.env`.
   */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
  /** PEM of the authorities that an `https://` proxy's certificate is checked against. Default: those of Node. */
  readonly ca?: string | undefined
}
