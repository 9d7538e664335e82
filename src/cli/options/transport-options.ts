import type { Command } from 'commander'
import { collect } from './collect.js'

/** The options of the transports, as the command line hands them over. */
export interface TransportOptions {
  readonly proxy?: string
  readonly proxyCa?: string
  readonly tlsCa?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly tlsPin?: string
  readonly tlsName?: string
  readonly header: readonly string[]
  readonly trustedProxy: readonly string[]
  readonly site?: string
}

/** Adds the options that say how streams are carried. */
export function addTransportOptions(command: Command): void {
  command
    .option(
      '--proxy <url>',
      'http://, https:// or socks5:// proxy for tcp and ws (default: HTTPS_PROXY and its like; none: no proxy)',
    )
    .option('--proxy-ca <file>', 'certificates (PEM) that an https:// proxy is checked against')
    .option('--tls-ca <file>', 'certificates (PEM) that the far end of wss:// is checked against')
    .option('--tls-cert <file>', 'the own certificate (PEM): a server needs it, a client may show it')
    .option('--tls-key <file>', "the own certificate's private key (PEM)")
    .option('--tls-pin <sha256>', "the only public key that the far end's certificate may have")
    .option('--tls-name <name>', 'the name that is asked for and expected in the certificate (SNI)')
    .option('--header <name: value>', 'ws: a header to send; may be repeated', collect, [])
    .option('--trusted-proxy <cidr>', 'ws: a reverse proxy before this server; may be repeated', collect, [])
    .option('--site <folder>', 'ws: what this server shows to those who do not come for the tunnel')
}
