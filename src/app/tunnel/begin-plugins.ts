import type { DependencyContainer } from 'tsyringe'
import type { TransportSettings } from '../../core/settings/transport-settings.js'
import type { Clock } from '../../core/time/clock.js'
import type { HostChanges } from '../../host/host-changes.js'
import { shareOutside } from '../login/outside.js'
import { closePlugins, figuresOf, setUpAsRoot } from '../plugins/plugins.js'
import { sharePrograms } from '../programs/tunnel-programs.js'
import { TransportSet } from '../transport-set.js'
import { OptionsInForce } from './options-in-force.js'
import type { StatusSource } from './status.js'
import type { UndoList } from './undo.js'

/** What plugins of a tunnel depend on. */
interface Parts {
  readonly host: HostChanges | undefined
  readonly clock: Clock
  readonly settings: TransportSettings
}

/** What a tunnel has of its plugins. */
interface Begun {
  /** Aborted when it is over. */
  readonly signal: AbortSignal
  readonly transports: TransportSet
  readonly options: OptionsInForce
  readonly figures: StatusSource['figures']
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
): Promise<Begun> {
  const signal = made.signal((signal) => closePlugins(container, signal))
  sharePrograms(container, { host, clock, signal })
  await shareOutside(container, host)
  const transports = new TransportSet(container, settings, signal)
  await setUpAsRoot(container, signal)
  const options = new OptionsInForce(container, transports, signal)
  return { signal, transports, options, figures: () => figuresOf(container, signal) }
}
