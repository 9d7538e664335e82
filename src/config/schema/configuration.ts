// Written by "npm run docs:api" out of the schema, which is what to change.

/** This end of the tunnel. */
export interface InterfaceConfiguration {
  /**
   * The TUN device's name. Default: the kernel picks one. Allowed: 1 to 15 letters, digits, dots, dashes and
   * underscores, no dash first.
   */
  readonly name?: string | undefined
  /**
   * How packets are sealed. Default: wireguard with a private key, aes-256-gcm with a shared key. Allowed: a name of
   * lower-case letters, digits and dashes, see "qanat plugins".
   */
  readonly cipher?: string | undefined
  /**
   * WireGuard: the own private key, see "qanat genkey". Allowed: 32 bytes in base64, 44 characters that end with "=".
   */
  readonly privateKey?: string | undefined
  /** WireGuard: file with this end's private key. Allowed: the path of a file, relative to the option `folder`. */
  readonly privateKeyFile?: string | undefined
  /**
   * The key that two ends share, see "qanat genpsk"; for the other ciphers. Allowed: a text: 64 hexadecimal digits or
   * 44 characters of base64 for most ciphers.
   */
  readonly key?: string | undefined
  /**
   * The file that holds the key that two ends share. Allowed: the path of a file, relative to the option `folder`.
   */
  readonly keyFile?: string | undefined
  /**
   * The network namespace in which device, addresses, routes, name servers and hooks are; what carries the tunnel
   * stays where Qanat runs. Default: there, too. Allowed: 1 to 64 letters, digits, dots, dashes and underscores, no
   * dot or dash first.
   */
  readonly namespace?: string | undefined
  /**
   * The inner addresses of this end, with the bits of their networks. Allowed: a list such as ["10.0.0.1/24",
   * "fd00::1/64"].
   */
  readonly address?: readonly string[] | undefined
  /**
   * Where this end listens. Default: nowhere; WireGuard takes a UDP port that is free. Allowed: a list such as
   * ["udp://[::]:51820", "tcp://[::]:51820"].
   */
  readonly listen?: readonly string[] | undefined
  /**
   * Bytes of the largest packet inside the tunnel; at least 1280 with IPv6. Default: what the routes to the peers
   * carry, at most 1420. Allowed: a whole number within 576 to 65000.
   */
  readonly mtu?: number | undefined
  /**
   * The routing table for what peers own; "off" leaves all routes to you. Default: "auto", the main table, and one of
   * its own for a peer that owns all. Allowed: "auto", "off" or the number of a table within 1 to 4294967295.
   */
  readonly table?: 'auto' | 'off' | number | undefined
  /**
   * The mark of all that carries the tunnel, for routing rules; 0 means none. Default: none, or a free one where it
   * is needed. Allowed: a whole number within 0 to 4294967295.
   */
  readonly fwmark?: number | undefined
  /**
   * Whether nothing leaves the host but by the tunnel, from before it connects to its orderly end. Default: false.
   * Allowed: true or false.
   */
  readonly killSwitch?: boolean | undefined
  /**
   * Whether a kill switch lets private networks pass that the host is connected to, and what they are searched by.
   * Default: false. Allowed: true or false.
   */
  readonly allowLan?: boolean | undefined
  /**
   * Whether answers to connections that others begin with this host, beside the tunnel, leave the way they came.
   * Default: true, but false with a kill switch. Allowed: true or false.
   */
  readonly answerInbound?: boolean | undefined
  /**
   * Whether a full tunnel leaves networks beside it reachable: private ones that the host is connected to, and what
   * its administrator routes; not what DHCP or routers advertise. Default: "keep". Allowed: "keep", "none".
   */
  readonly underlayRoutes?: 'keep' | 'none' | undefined
  /**
   * Ranges that stay outside the tunnel, and that a kill switch lets pass. As everywhere, the longest range wins.
   * Default: none. Allowed: a list of at most 1024 such as ["192.0.2.0/24", "2001:db8::/32"].
   */
  readonly exclude?: readonly string[] | undefined
  /**
   * Name servers that the host asks while the tunnel runs, and domains to search in. Default: as before. Allowed: a
   * list such as ["10.0.0.1", "example.org"].
   */
  readonly dns?: readonly string[] | undefined
  /**
   * The only names that the name servers of the tunnel are asked for: these, and what is below; needs
   * systemd-resolved. Default: all. Allowed: a list such as ["corp.example.org"].
   */
  readonly dnsDomains?: readonly string[] | undefined
  /**
   * Whether the host forwards between the tunnel and its other networks. Default: as it is. Allowed: true or false.
   */
  readonly forward?: boolean | undefined
  /**
   * Whether what the tunnel sends to other networks bears this host's address; implies forward. Default: false.
   * Allowed: true or false.
   */
  readonly nat?: boolean | undefined
  /**
   * Commands for the shell once the device is there, before it has addresses; %i is the device, each has 30 s.
   * Allowed: a list such as ["echo %i"].
   */
  readonly preUp?: readonly string[] | undefined
  /**
   * Commands for the shell once the tunnel runs; %i is the device, each has 30 s. Allowed: a list such as ["echo
   * %i"].
   */
  readonly postUp?: readonly string[] | undefined
  /**
   * Commands for the shell before the tunnel ends; %i is the device, each has 30 s. Allowed: a list such as ["echo
   * %i"].
   */
  readonly preDown?: readonly string[] | undefined
  /**
   * Commands for the shell once the device is gone and the host is restored; %i is the device, each has 30 s.
   * Allowed: a list such as ["echo %i"].
   */
  readonly postDown?: readonly string[] | undefined
  /** Whether "qanat login" may open a page past the tunnel. Default: false. Allowed: true or false. */
  readonly login?: boolean | undefined
  /** What opens that page. Default: "chromium". Allowed: the name of a program, or its absolute path. */
  readonly loginBrowser?: string | undefined
  /**
   * What is asked, while dials fail, to tell whether a login page of the network is in the way. Default: nothing.
   * Allowed: a URL of http:// without a login, such as http://HOST/generate_204, whose end behind "#" is what it
   * answers if that is not empty.
   */
  readonly portalProbe?: string | undefined
  /**
   * How the TUN device is opened. Default: linux, or tuntap2 without koffi. Allowed: a name of lower-case letters,
   * digits and dashes, see "qanat plugins".
   */
  readonly tunDriver?: string | undefined
  /**
   * Whether made-up packets, which stay within the process, run through its code before real ones come: the first
   * second is faster then. Default: true. Allowed: true or false.
   */
  readonly rehearsal?: boolean | undefined
  /**
   * Refused: the process is the program's. In files, the user, who may change networks and nothing else. Default: the
   * user that started it. Allowed: the name of a user such as "nobody", or a number as a text.
   */
  readonly user?: string | undefined
  /**
   * Refused: the process is the program's. In files, members of this group may use "qanat status", "reload" and
   * "down" on this tunnel without sudo, and nothing else. Default: root alone. Allowed: the name of a group such as
   * "qanat-control", or a number as a text.
   */
  readonly controlGroup?: string | undefined
  /** Modules that bring further parts. Allowed: a list such as ["./my-cipher.js"]. */
  readonly plugins?: readonly string[] | undefined
  /**
   * Packet hooks of plugins: what leaves passes them in this order, what comes in the other way round. Default: none.
   * Allowed: a list of at most 16 such as ["packets-filter"].
   */
  readonly hooks?: readonly string[] | undefined
}

/** A far end of the tunnel. */
export interface PeerConfiguration {
  /**
   * What you call the peer. Each name is there once. Allowed: 1 to 64 letters, digits, spaces, dots, dashes and
   * underscores.
   */
  readonly name?: string | undefined
  /**
   * WireGuard: the peer's public key. Each key is there once. Allowed: 32 bytes in base64, 44 characters that end
   * with "=".
   */
  readonly publicKey?: string | undefined
  /**
   * WireGuard: a key shared with this peer alone, see "qanat genpsk". Allowed: 32 bytes in base64, 44 characters that
   * end with "=".
   */
  readonly presharedKey?: string | undefined
  /** WireGuard: file with the preshared key. Allowed: the path of a file, relative to the option `folder`. */
  readonly presharedKeyFile?: string | undefined
  /**
   * The inner addresses that the peer owns; the longest range wins. Default: none with WireGuard, else all. Allowed:
   * a list such as ["10.0.0.2/32", "fd00::2/128"].
   */
  readonly allowedIps?: readonly string[] | undefined
  /**
   * Where the peer is reached, the best first. Default: nowhere, this end waits for the peer. Allowed: a list such as
   * ["udp://vpn.example.org:51820", "tcp://vpn.example.org:443"].
   */
  readonly endpoints?: readonly string[] | undefined
  /**
   * The group that the peer is a member of: one member at a time owns what they all have in allowedIps, and another
   * one does if it fails. Default: none. Allowed: 1 to 64 letters, digits, spaces, dots, dashes and underscores.
   */
  readonly group?: string | undefined
  /**
   * Which member of its group is preferred: "order", the first in the file; "nearest", by round trip; "spread", so
   * that clients spread evenly. Default: "order". Allowed: "order", "nearest", "spread".
   */
  readonly choose?: 'order' | 'nearest' | 'spread' | undefined
  /**
   * Whether each of its endpoints may lead to another process with the same key. Default: false. Allowed: true or
   * false.
   */
  readonly sharedIdentity?: boolean | undefined
  /**
   * WireGuard: seconds after which something is sent for a NAT to remember; 0 means never. Default: 0. Allowed: whole
   * seconds within 0 to 65535.
   */
  readonly keepalive?: number | undefined
  /**
   * The proxy for connections to this peer, by all but udp. Default: from HTTPS_PROXY or ALL_PROXY. Allowed: "none",
   * HOST:PORT, a URL such as http://DOMAIN%5CUSER:PASSWORD@HOST:PORT, https://HOST:443 or socks5://HOST:1080, up to
   * four of these with a blank between them, or a PAC file: pac+https://HOST/PATH or pac+file:PATH.
   */
  readonly proxy?: string | undefined
  /**
   * How to log in at HTTP proxies: "any" is by Digest, or by Basic if nothing better is offered; "basic" tells the
   * password at once. Default: "any". Allowed: "any", "digest", "basic".
   */
  readonly proxyAuth?: 'any' | 'digest' | 'basic' | undefined
  /**
   * Headers that HTTP proxies are sent. Default: a User-Agent. Allowed: a list such as ["User-Agent: Mozilla/5.0"].
   */
  readonly proxyHeaders?: readonly string[] | undefined
  /**
   * What this end accepts of the settings that the peer pushes, within allowedIps. Default: nothing. Allowed: a list
   * such as ["addresses", "routes", "dns", "mtu"].
   */
  readonly accept?: readonly ('addresses' | 'routes' | 'dns' | 'mtu')[] | undefined
  /**
   * Further networks pushed to this peer, in place of those of [server]. Allowed: a list of at most 24 such as
   * ["192.168.7.0/24", "fd07::/64"].
   */
  readonly pushRoutes?: readonly string[] | undefined
  /**
   * Name servers and domains for this peer, in place of those of [server]. Allowed: a list of at most 8 such as
   * ["10.0.0.1", "example.org"].
   */
  readonly pushDns?: readonly string[] | undefined
  /** Bytes: the MTU pushed to this peer, not that of [server]. Allowed: a whole number within 1280 to 65000. */
  readonly pushMtu?: number | undefined
  /**
   * When the peer is refused from. Default: never. Allowed: a date such as "2027-01-31", which lasts to its end in
   * UTC, or a time such as "2027-01-31T12:00:00Z".
   */
  readonly expires?: string | undefined
  /** Whether the peer is refused; its addresses stay its own. Default: false. Allowed: true or false. */
  readonly disabled?: boolean | undefined
}

/** What this end is to its clients. */
export interface ServerConfiguration {
  /**
   * Where clients reach this server, the best first; "qanat add-client" writes it into their files. Allowed: a list
   * such as ["udp://vpn.example.org:51820"].
   */
  readonly endpoints?: readonly string[] | undefined
  /**
   * Networks beyond this end's own that clients reach by it; pushed to those that accept "routes". Allowed: a list of
   * at most 24 such as ["192.168.7.0/24", "fd07::/64"].
   */
  readonly pushRoutes?: readonly string[] | undefined
  /**
   * Name servers, and domains to search in; pushed to clients that accept "dns". Default: none. Allowed: a list of at
   * most 8 such as ["10.0.0.1", "example.org"].
   */
  readonly pushDns?: readonly string[] | undefined
  /**
   * Bytes: the MTU pushed to clients that accept "mtu". Default: none. Allowed: a whole number within 1280 to 65000.
   */
  readonly pushMtu?: number | undefined
  /** Whether peers are kept apart: what one sends to another is dropped. Default: false. Allowed: true or false. */
  readonly isolateClients?: boolean | undefined
}

/** Certificates of wss:// and https://. */
export interface TlsConfiguration {
  /**
   * This end's certificate (PEM) with its chain: a server of wss:// or https:// needs it. Allowed: the path of a
   * file, relative to the option `folder`.
   */
  readonly certFile?: string | undefined
  /**
   * The private key of this end's certificate (PEM). Allowed: the path of a file, relative to the option `folder`.
   */
  readonly keyFile?: string | undefined
  /**
   * The file that holds the passphrase of that private key. Allowed: the path of a file, relative to the option
   * `folder`.
   */
  readonly keyPassphraseFile?: string | undefined
  /**
   * Certificates (PEM) of further names of this server: a client is shown the first that has the name that it asks
   * for, and certFile if none has. Allowed: a list of at most 32 such as ["/etc/ssl/vpn.example.net.pem"].
   */
  readonly furtherCertFiles?: readonly string[] | undefined
  /**
   * Their private keys (PEM), as many and in the same order. Allowed: a list of at most 32 such as
   * ["/etc/ssl/vpn.example.net.key"].
   */
  readonly furtherKeyFiles?: readonly string[] | undefined
  /**
   * CA certificates (PEM) to check the far end's certificate against; "system": those of this system. Default: those
   * of Node. Allowed: the path of a file, relative to the option `folder`.
   */
  readonly caFile?: string | undefined
  /**
   * The SHA-256 of the only public key accepted in the far end's certificate. Allowed: a SHA-256, as 44 characters of
   * base64 or 64 hexadecimal digits, with or without "sha256/" before it.
   */
  readonly pin?: string | undefined
  /**
   * The name to request (SNI) and to expect in the certificate. Default: the endpoint's host. Allowed: the name of a
   * host.
   */
  readonly serverName?: string | undefined
  /** The same to check an https:// proxy against. Allowed: the path of a file, relative to the option `folder`. */
  readonly proxyCaFile?: string | undefined
}

/** What is special to web servers: ws, wss, http and https. */
export interface WebsocketConfiguration {
  /** Headers that a client sends with its request. Allowed: a list such as ["Host: example.org"]. */
  readonly headers?: readonly string[] | undefined
  /**
   * Reverse proxies before this server, which name the client in a header. Default: none. Allowed: a list such as
   * ["10.0.0.0/8"].
   */
  readonly trustedProxies?: readonly string[] | undefined
  /**
   * The header by which they do; no other one is read. Default: "x-forwarded-for". Allowed: "x-forwarded-for",
   * "forwarded", "x-real-ip".
   */
  readonly clientAddressHeader?: 'x-forwarded-for' | 'forwarded' | 'x-real-ip' | undefined
  /**
   * A folder of files to serve to visitors that do not ask for the tunnel. Default: a 404 page. Allowed: the path of
   * a file, relative to the option `folder`.
   */
  readonly documentRoot?: string | undefined
  /**
   * Bytes of the largest message, if gateways bound them. Default: found out for each endpoint. Allowed: a whole
   * number within 2048 to 65535.
   */
  readonly maxMessage?: number | undefined
  /**
   * Whether posts are tried if something strips or refuses the upgrade to WebSocket. Default: false. Allowed: true or
   * false.
   */
  readonly httpFallback?: boolean | undefined
  /** @deprecated It is `documentRoot`. */
  readonly site?: string | undefined
}

/** Limits of connections: all but udp. */
export interface StreamsConfiguration {
  /**
   * Bytes that may wait for a slow carrier, beyond the socket's own. Default: 262144. Allowed: a whole number within
   * 131072 to 67108864.
   */
  readonly sendQueue?: number | undefined
  /**
   * Unauthenticated connections in all; beyond it the oldest is closed. Default: 1024. Allowed: a whole number within
   * 1 to 1000000.
   */
  readonly maxUnauthenticated?: number | undefined
  /**
   * Those of one address, or /64 with IPv6; beyond it the oldest is closed if it had 2 s, else the newest. Default:
   * 16. Allowed: a whole number within 1 to 1000000.
   */
  readonly maxUnauthenticatedPerAddress?: number | undefined
  /**
   * Milliseconds that a connection has to authenticate. Default: 10000. Allowed: a whole number within 100 to 600000.
   */
  readonly unauthenticatedTimeout?: number | undefined
  /** @deprecated It is `maxUnauthenticated`. */
  readonly maxUnproven?: number | undefined
  /** @deprecated It is `maxUnauthenticatedPerAddress`. */
  readonly maxUnprovenPerAddress?: number | undefined
  /** @deprecated It is `unauthenticatedTimeout`. */
  readonly unprovenTimeout?: number | undefined
}

/** What is written to standard error. */
export interface LogConfiguration {
  /** Minimum level of log lines. Default: "info". Allowed: "debug", "info", "warn", "error", "silent". */
  readonly level?: 'debug' | 'info' | 'warn' | 'error' | 'silent' | undefined
  /**
   * Format of log lines. Default: "journal" if standard error is systemd's journal, else "text". Allowed: "text",
   * "json", "journal".
   */
  readonly format?: 'text' | 'json' | 'journal' | undefined
}

/**
 * A configuration as a program writes it: that of a TOML file, tables and keys in camel case. What is undefined
 * counts as left out. docs/configuration.md.
 */
export interface Configuration {
  /** This end of the tunnel. */
  readonly interface: InterfaceConfiguration
  /** The far ends of the tunnel. */
  readonly peers: readonly PeerConfiguration[]
  /** What this end is to its clients. */
  readonly server?: ServerConfiguration | undefined
  /** Certificates of wss:// and https://. */
  readonly tls?: TlsConfiguration | undefined
  /** What is special to web servers: ws, wss, http and https. */
  readonly websocket?: WebsocketConfiguration | undefined
  /** Limits of connections: all but udp. */
  readonly streams?: StreamsConfiguration | undefined
  /** Options of plugins, a table for each. */
  readonly plugin?:
    | Readonly<Record<string, Readonly<Record<string, string | number | boolean | readonly string[]>>>>
    | undefined
  /** What is written to standard error. */
  readonly log?: LogConfiguration | undefined
}
