import { isMainThread } from 'node:worker_threads'
import { QanatError } from '../../core/api/errors.js'
import type { TransportSettings } from '../../core/settings/transport-settings.js'
import type { Clock } from '../../core/time/clock.js'
import type { Egress } from '../net/egress.js'
import { plainEgress } from './plain-egress.js'

/** What the way out of this host depends on. */
export type EgressSettings = Pick<TransportSettings, 'mark' | 'tunnelDns' | 'knownAddresses'>

/**
 * How look-ups and connections leave this host: marked where the settings name a mark.
 *
 * @throws QanatError ERR_NATIVE if they are to be marked and the system cannot be called directly.
 */
export async function chooseEgress(settings: EgressSettings, clock: Clock): Promise<Egress> {
  const { mark = 0, tunnelDns = [], knownAddresses = new Map() } = settings
  if (mark === 0) return plainEgress
  if (!isMainThread) {
    throw new QanatError('Cannot mark connections from a worker: the loop belongs to the main thread', {
      code: 'ERR_NATIVE',
    })
  }
  const [{ markedEgress }, { native }] = await Promise.all([
    import('./marked-egress.js'),
    import('../../native/base/native.js'),
  ])
  return markedEgress({ native: native(), clock, mark, excluded: tunnelDns, known: knownAddresses })
}
