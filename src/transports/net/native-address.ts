import { networkInterfaces } from 'node:os'
import { TransportError } from '../../core/api/errors.js'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import { ZONED } from '../../core/ip/zone.js'
import { reason } from '../../core/reasons/reason.js'
import type { SocketAddress } from '../../native/sockets/socket-address.js'
import type { Resolved } from './resolve.js'

/**
 * An address as resolvers give it, for native calls; it may have a zone as `fe80::1%eth0`.
 *
 * @throws TransportError ERR_TRANSPORT_DIAL if this host has no such interface.
 */
export function nativeAddress({ address, family }: Resolved, port: number): SocketAddress {
  const [, plain, zone] = ZONED.exec(address) ?? []
  const ip = parseIpAddress(plain ?? address)!
  return zone === undefined ? { family, ip, port } : { family, ip, port, scope: scopeOf(zone, address) }
}

/** The number of an interface, by its name unless that is a number. */
function scopeOf(zone: string, address: string): number {
  if (/^\d+$/.test(zone)) return Number(zone)
  const scope = networkInterfaces()[zone]?.find(({ scopeid }) => scopeid)?.scopeid
  if (scope !== undefined) return scope
  const { code, text } = reason('no-interface', { zone })
  throw new TransportError(`Cannot reach ${address}: ${text}`, { code: 'ERR_TRANSPORT_DIAL', reason: code })
}
