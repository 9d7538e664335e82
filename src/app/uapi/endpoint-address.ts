import { isIP } from 'node:net'
import type { TraitsOf } from '../../core/api/transport.js'
import { bareHost } from '../../core/ip/bare-host.js'
import { textOf } from '../../core/ip/ip-network.js'
import type { Peer } from '../../core/peers/peers.js'
import { schemeOf } from '../../core/settings/scheme.js'

/**
 * Where a peer is, as `ADDRESS:PORT`: at the far end of its link, else where it is to be called. Undefined if that is a
 * name that was not looked up yet, which the tools would look up themselves, or the transport knows no address of it.
 */
export function endpointAddress(
  { chooser, link }: Pick<Peer, 'chooser' | 'link'>,
  endpoints: readonly URL[],
  traits: TraitsOf,
): string | undefined {
  const reached = link && addressAt(link.remote, traits, link.source)
  const [first] = endpoints
  const called = chooser?.endpoint ?? first
  return reached ?? (called && addressAt(String(called), traits))
}

/** @param source the address, if something else than the URL tells it. */
function addressAt(
  url: string,
  traits: TraitsOf,
  source: Uint8Array = new Uint8Array(0),
): string | undefined {
  if (!URL.canParse(url)) return undefined
  const { hostname, port, protocol } = new URL(url)
  if (traits(protocol).source === 'none') return undefined
  const address = source.length > 0 ? textOf(source) : bareHost(hostname)
  const number = port === '' ? traits(protocol).ports?.[schemeOf(protocol)] : port
  if (isIP(address) === 0 || number === undefined) return undefined
  return `${isIP(address) === 6 ? `[${address}]` : address}:${number}`
}
