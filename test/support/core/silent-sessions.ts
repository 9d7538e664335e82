import type { Sessions } from '../../../src/core/api/cipher.js'

/** A cipher's sessions with somebody who never answers. */
export const silentSessions: Sessions = {
  envelope: 0,
  initiate: () => [Uint8Array.of(1)],
  probe: () => undefined,
  live: () => false,
  takesSuperPackets: () => false,
}
