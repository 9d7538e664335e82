import { isIP } from 'node:net'
import { ConfigError } from '../../core/api/errors.js'
import { bareHost } from '../../core/ip/bare-host.js'
import { Networks } from '../net/networks.js'

/** Finds out who is behind reverse proxies. */
export class ForwardedFor {
  readonly #trusted = new Networks()

  /** @throws ConfigError if one of the networks is invalid. */
  constructor(trustedProxies: readonly string[] = []) {
    for (const network of trustedProxies) {
      if (this.#trusted.add(network)) continue
      throw new ConfigError(
        `Cannot trust the proxy '${network}': it is neither an address nor a network such as 10.0.0.0/8`,
        { code: 'ERR_CONFIG_VALUE' },
      )
    }
  }

  /** Whether what comes from this address comes from a trusted proxy. */
  trusts(address: string | undefined): boolean {
    return this.#trusted.has(plain(address))
  }

  /**
   * The address that a connection comes from: the last one in X-Forwarded-For that no trusted proxy has, for
   * whatever stands before it could be made up by that one. Without a trusted proxy it is the connection's own.
   *
   * @param header The header's values; several headers are joined by commas.
   */
  source(address: string | undefined, header: string | undefined): string | undefined {
    let source = plain(address)
    const hops = header?.split(',') ?? []
    while (this.#trusted.has(source)) {
      const hop = plain(hops.pop()?.trim())
      if (isIP(hop) === 0) break
      source = hop
    }
    return source === '' ? undefined : source
  }
}

/** An address as a socket of both families, or a proxy, may write it. */
function plain(address = ''): string {
  return bareHost(address).replace(/^::ffff:(?=\d+\.)/i, '')
}
