import type { LinkHandlers } from '../../core/api/transport.js'
import type { Admission } from '../../core/plugin/admission.js'
import type { ConnectionRoute } from '../net/connection-route.js'

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
  /** Called once when the link is closed or has ended. */
  readonly gone?: () => void
}
