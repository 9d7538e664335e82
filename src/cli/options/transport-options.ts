import { type Command, Option } from 'commander'
import { collect } from './collect.js'

/** The options of the transports, as the command line passes them. */
export interface TransportOptions {
  readonly proxy?: string
  readonly proxyAuth?: string
  readonly proxyHeader: readonly string[]
  readonly proxyCa?: string
  readonly tlsCa?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly tlsKeyPassphrase?: string
  readonly tlsFurtherCert: readonly string[]
  readonly tlsFurtherKey: readonly string[]
  readonly tlsPin?: string
  readonly tlsName?: string
  readonly header: readonly string[]
  readonly trustedProxy: readonly string[]
  readonly clientAddressHeader?: string
  readonly documentRoot?: string
  readonly maxMessage?: string
  readonly httpFallback?: true
  readonly portalProbe?: string
  /** Its former name. */
  readonly site?: string
}

/** Adds the options that say how streams are carried. */
export function addTransportOptions(command: Command): void {
  command
    .option(
      '--proxy <url>',
      'http://, https:// or socks5:// proxy for all but udp (default: from HTTPS_PROXY or ALL_PROXY; none: no proxy)',
    )
    .option('--proxy-auth <way>', 'how to log in at an http:// proxy: any (the default), digest or basic')
    .option('--proxy-header <name: value>', 'a header for http:// proxies; may be repeated', collect, [])
    .option('--proxy-ca <file>', 'CA certificates (PEM) to check an https:// proxy against, or "system"')
    .option('--tls-ca <file>', 'CA certificates (PEM) to check the far end of wss:// against, or "system"')
    .option('--tls-cert <file>', "this end's certificate (PEM): a server needs one, a client may have one")
    .option('--tls-key <file>', "private key of this end's certificate (PEM)")
    .option('--tls-key-passphrase <file>', 'the file that holds the passphrase of that key')
    .option(
      '--tls-further-cert <file>',
      'certificate (PEM) of further names of a server, chosen by SNI; may be repeated',
      collect,
      [],
    )
    .option(
      '--tls-further-key <file>',
      'its private key (PEM), in the same order; may be repeated',
      collect,
      [],
    )
    .option('--tls-pin <sha256>', "the only public key accepted in the far end's certificate")
    .option('--tls-name <name>', 'name to request (SNI) and to expect in the certificate')
    .option('--header <name: value>', 'ws, http: a header to send; may be repeated', collect, [])
    .option(
      '--trusted-proxy <cidr>',
      'ws, http: a reverse proxy before this server; may be repeated',
      collect,
      [],
    )
    .option('--client-address-header <name>', 'ws, http: the header by which it names the client')
    .option('--document-root <folder>', 'ws, http: files to serve to visitors that do not ask for the tunnel')
    .option('--max-message <bytes>', 'ws: largest message, if gateways bound them (default: found out)')
    .option('--http-fallback', 'ws: try posts if something on the way refuses WebSockets')
    .option('--portal-probe <url>', 'http:// URL to ask whether a login page of the network is in the way')
    .addOption(new Option('--site <folder>').hideHelp())
}
