import { readListenQuery } from '../front-ends/listen-query.js'
import type { DoorParts } from './door.js'
import { listenAtPath } from './listen-locally.js'

/**
 * How a door listens, as the query of its endpoint says.
 *
 * @throws ConfigError if that cannot be used.
 */
export function listenHow(endpoint: URL): Pick<DoorParts, 'listen' | 'proxyProtocol'> {
  const { proxyProtocol, unix } = readListenQuery(endpoint)
  return {
    proxyProtocol,
    listen: unix && ((server, where) => listenAtPath(server, where, unix)),
  }
}
