import type { Cipher } from '../../core/api/cipher.js'
import { MIN_MTU } from '../../core/api/config.js'
import type { Logger } from '../../core/api/logger.js'
import { packetOf } from '../../core/api/packet.js'
import { Connector } from '../../core/connector/connector.js'
import type { SearchEvent } from '../../core/connector/search-event.js'
import type { FirstSender } from '../../core/forwarding/first-sender.js'
import type { Pump } from '../../core/forwarding/pump.js'
import type { Peer } from '../../core/peers/peers.js'
import type { PortalWatch } from '../../core/portal/portal-watch.js'
import type { Clock } from '../../core/time/clock.js'
import type { TransportSet } from '../transport-set.js'
import type { PeerSettings } from './peer-settings.js'

/** An empty packet is what a keepalive carries. */
const KEEPALIVE = packetOf(new Uint8Array(0))
/**
 * Milliseconds of silence after which the active member of a group is probed: with 1.5 s until it counts as dead and the time
 * that another one takes, what is for an idle client arrives within 10 s after its gateway died.
 */
const MEMBER_IDLE_PROBE = 7_000

/** What connectors of a tunnel share. */
export interface ConnectorSources {
  readonly pump: Pump
  readonly cipher: Cipher
  readonly firstSender: FirstSender
  readonly transports: TransportSet
  readonly settings: PeerSettings
  readonly clock: Clock
  readonly log: Logger
}

/** Makes what keeps a peer reachable by its endpoints; `told` hears how its searches go. */
export function makeConnector(
  { cipher, clock, firstSender, log, pump, settings, transports }: ConnectorSources,
  portals: PortalWatch,
  peer: Peer,
  endpoints: readonly URL[],
  told: (event: SearchEvent) => void,
): Connector {
  const { sessions } = cipher
  return new Connector({
    ...{ peer, endpoints, told, sessions, clock, log },
    dial: async (endpoint, wait) => {
      settings.dialling(peer, endpoint)
      const dialled = transports.get(endpoint.protocol).dial(endpoint, pump, wait)
      const link = await dialled.catch((thrown) => {
        throw portals.judged(peer, endpoint, thrown)
      })
      settings.carriedBy(peer, link)
      return link
    },
    traits: (endpoint) => transports.traits(endpoint.protocol),
    logins: (endpoint) => transports.logins(endpoint),
    idleProbe: peer.group && MEMBER_IDLE_PROBE,
    keepalive: (now) => (sessions === undefined ? [] : cipher.seal(peer.id, [KEEPALIVE], MIN_MTU, now)),
    use: (link) => {
      if (link !== undefined) firstSender.fix(link)
      pump.uses(peer, link)
    },
    run: (work) => pump.run(work),
    random: Math.random,
  })
}
