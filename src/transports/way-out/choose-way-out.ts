import type { Clock } from '../../core/clock.js'
import type { TransportSettings } from '../../core/transport-settings.js'
import { native } from '../../native/native.js'
import { markedWayOut } from './marked-way-out.js'
import { plainWayOut } from './plain-way-out.js'
import type { WayOut } from './way-out.js'

/**
 * How look-ups and connections leave this host: marked where the settings name a mark.
 *
 * @throws QanatError ERR_NATIVE where they are to be marked and the system cannot be called directly.
 */
export function chooseWayOut({ mark = 0, tunnelDns = [] }: TransportSettings, clock: Clock): WayOut {
  if (mark === 0) return plainWayOut
  return markedWayOut({ native: native(), clock, mark, excluded: tunnelDns })
}
