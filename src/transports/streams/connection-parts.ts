import type { LinkHandlers } from '../../core/api/transport.js'
import type { Admission } from '../../core/plugin/admission.js'
import type { ConnectionRoute } from '../net/connection-route.js'

/** Watches how a link over a connection fares. Its calls throw nothing. */
export interface CarrierWatch {
  /** False once what is sent and received makes no difference any more. */
  readonly isWatching: boolean
  sent(datagrams: readonly Uint8Array[]): void
  /** Something came by the link. */
  received(): void
  /** The link is open. `narrow` is called if messages of more than so many bytes turn out not to pass, by the end of another link. */
  begins(narrow: (bytes: number) => void): void
  /** The far end says that it may be sent so many bytes at most. */
  told(bytes: number): void
  /** The link is over: this end closed it, the far end did so in order, or it failed. */
  ended(how: 'here' | 'there' | 'failed'): void
}

/** What every link over a connection is made of. */
export interface ConnectionParts {
  /** As `Link.remote`. */
  readonly remote: string
  /** As `Link.source`. */
  readonly source: Uint8Array
  readonly handlers: LinkHandlers
  /** Absent for a link that was dialled. */
  readonly unauthenticated?: Admission
  /** Absent if the system cannot be asked for routes. */
  readonly route?: ConnectionRoute | undefined
  /** Bytes of the largest datagram; as many as a frame can have if absent. */
  readonly maxDatagram?: number | undefined
  /** As `Link.maxIncoming`. */
  readonly maxIncoming?: number | undefined
  /** Absent if nobody wants to know how the link fares. */
  readonly watch?: CarrierWatch | undefined
  /** Called once when the link is closed or has ended. */
  readonly gone?: () => void
}
