import { isIP } from 'node:net'
import type { WebSocketSettings } from '../../../core/settings/option-groups.js'
import { plainAddress } from '../../front-ends/plain-address.js'
import { trustedNetworks } from '../../front-ends/trusted-networks.js'
import { forwardedHops } from './forwarded-header.js'

/** Headers of a request, joined by commas if there are several of a name. */
type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** An address in brackets, or one of IPv4, maybe with a port behind it. */
const WITH_PORT = /^(?:\[([^\]]*)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?$/

/** Finds out who is behind reverse proxies. It reads one header: a proxy that writes another leaves this one to the client. */
export class ClientAddress {
  readonly #trusted
  readonly #header: NonNullable<WebSocketSettings['clientAddressHeader']>
  /** What was asked for last. */
  #last: { readonly address: string | undefined; readonly isTrusted: boolean } | undefined

  /** @throws ConfigError if one of the networks is invalid. */
  constructor({ trustedProxies = [], clientAddressHeader = 'x-forwarded-for' }: WebSocketSettings = {}) {
    this.#trusted = trustedNetworks(trustedProxies)
    this.#header = clientAddressHeader
  }

  /** Whether what comes from this address comes from a trusted proxy: asked for each connection, most of which have one address then. */
  trusts(address: string | undefined): boolean {
    let last = this.#last
    if (last === undefined || last.address !== address) {
      last = { address, isTrusted: this.#trusted.has(plainAddress(address)) }
      this.#last = last
    }
    return last.isTrusted
  }

  /**
   * The address that a connection comes from: the last hop that no trusted proxy has, for whatever stands before it could be
   * made up by that one. Without a trusted proxy it is the connection's own. What is no address ends the search.
   *
   * @param address of the remote; undefined if it has none.
   * @param isTrusted Whether the remote is a trusted proxy.
   */
  source(
    address: string | undefined,
    headers: Headers,
    isTrusted = this.trusts(address),
  ): string | undefined {
    let source = plainAddress(address)
    const hops = isTrusted ? this.#hops(headers[this.#header]?.toString() ?? '') : []
    for (let hop = addressOf(hops.pop()); hop !== undefined; hop = addressOf(hops.pop())) {
      source = hop
      if (!this.#trusted.has(source)) break
    }
    return source === '' ? undefined : source
  }

  /** What the header says, the nearest proxy's word at the end. */
  #hops(value: string): string[] {
    if (this.#header === 'forwarded') return forwardedHops(value)
    return this.#header === 'x-real-ip' ? [value] : value.split(',')
  }
}

/** The address of a hop, without its brackets and port; undefined if it is none. */
function addressOf(hop = ''): string | undefined {
  const text = hop.trim()
  const [, ipv6, ipv4] = WITH_PORT.exec(text) ?? []
  const address = plainAddress(ipv6 ?? ipv4 ?? text)
  return isIP(address) === 0 ? undefined : address
}
