import { isMainThread } from 'node:worker_threads'
import type { DependencyContainer } from 'tsyringe'
import { QanatError } from '../../core/api/errors.js'
import { CLOCK } from '../../core/api/plugin.js'
import type { TransportSettings } from '../../core/settings/transport-settings.js'
import type { Clock } from '../../core/time/clock.js'
import type { WayOut } from '../net/way-out.js'
import { plainWayOut } from './plain-way-out.js'

/** Token of the app's one WayOut: it remembers whom the host asked for names before a tunnel changed that. */
const WAY_OUT = Symbol('qanat/way-out')

/** The way out that all transports of an app share, made for the first of them. Rejects as `chooseWayOut` does. */
export function wayOutOf(settings: TransportSettings, container: DependencyContainer): Promise<WayOut> {
  if (!container.isRegistered(WAY_OUT)) {
    const choosing = chooseWayOut(settings, container.resolve<Clock>(CLOCK))
    container.register<Promise<WayOut>>(WAY_OUT, { useValue: choosing })
  }
  return container.resolve(WAY_OUT)
}

/**
 * How look-ups and connections leave this host: marked where the settings name a mark.
 *
 * @throws QanatError ERR_NATIVE where they are to be marked and the system cannot be called directly.
 */
export async function chooseWayOut(settings: TransportSettings, clock: Clock): Promise<WayOut> {
  const { mark = 0, tunnelDns = [], knownAddresses = new Map() } = settings
  if (mark === 0) return plainWayOut
  if (!isMainThread) {
    throw new QanatError('Cannot mark connections from a worker: the loop belongs to the main thread', {
      code: 'ERR_NATIVE',
    })
  }
  const [{ markedWayOut }, { native }] = await Promise.all([
    import('./marked-way-out.js'),
    import('../../native/base/native.js'),
  ])
  return markedWayOut({ native: native(), clock, mark, excluded: tunnelDns, known: knownAddresses })
}
