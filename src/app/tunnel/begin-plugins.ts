import type { DependencyContainer } from 'tsyringe'
import type { TransportSettings } from '../../core/settings/transport-settings.js'
import type { Clock } from '../../core/time/clock.js'
import type { HostChanges } from '../../host/host-changes.js'
import { closePlugins, setUpAsRoot } from '../plugins/plugins.js'
import { sharePrograms } from '../programs/tunnel-programs.js'
import { TransportSet } from '../transport-set.js'
import type { UndoList } from './undo.js'

/** What plugins of a tunnel depend on. */
interface Parts {
  readonly host: HostChanges | undefined
  readonly clock: Clock
  readonly settings: TransportSettings
}

/**
 * Begins with the plugins of a tunnel that starts: what they make from now on ends with it, and then they are closed.
 *
 * @throws QanatError if one cannot be set up that has to be at the start.
 */
export async function beginPlugins(
  container: DependencyContainer,
  { clock, host, settings }: Parts,
  made: UndoList,
): Promise<{ readonly signal: AbortSignal; readonly transports: TransportSet }> {
  const signal = made.signal((signal) => closePlugins(container, signal))
  sharePrograms(container, { host, clock, signal })
  const transports = new TransportSet(container, settings, signal)
  await setUpAsRoot(container, signal)
  return { signal, transports }
}
