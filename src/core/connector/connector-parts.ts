import type { Link } from '../api/transport.js'
import type { AttemptParts } from './attempt.js'
import type { SearchEvent } from './search-event.js'

/** What a connector is made of. */
export interface ConnectorParts extends AttemptParts {
  /** Where the peer can be reached, the best first; at least one. */
  readonly endpoints: readonly URL[]
  /** The proxies before an endpoint that ask for a login, by whatever tells them apart. None if absent. */
  readonly logins?: (endpoint: URL) => readonly string[]
  /** Milliseconds of silence after which an idle carrier is probed, if not sooner for its own sake. As carriers want if absent. */
  readonly idleProbe?: number | undefined
  /** Yields numbers from 0 to 1. */
  readonly random: () => number
  /** The peer is to be sent to by this link from now on; undefined: there is none now. */
  readonly use: (link: Link | undefined) => void
  /** Is told how the search for an endpoint goes, last of all that is done about it. */
  readonly told?: (event: SearchEvent) => void
  /** A datagram that lets the far end follow to the link it comes by; none if there is no session. */
  readonly keepalive: (now: number) => readonly Uint8Array[]
}
