import { isIP } from 'node:net'
import type { Fields } from '../../core/api/logger.js'
import { dialledHost } from '../../core/ip/bare-host.js'
import type { Resolved } from '../net/resolve.js'

/** What lines of the level debug tell of a look-up: which addresses, and whether anybody was asked. */
export function lookUpFacts(url: URL, addresses: readonly Resolved[]): Fields {
  const isLiteral = isIP(dialledHost(url)) !== 0
  return {
    addresses: addresses.map(({ address }) => address),
    from: isLiteral ? 'the endpoint' : 'name servers',
  }
}
