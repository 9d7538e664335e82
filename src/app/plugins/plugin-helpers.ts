import type { DependencyContainer } from 'tsyringe'
import type { Logger } from '../../core/api/logger.js'
import type { Figures } from '../../core/figures/figure.js'
import { ADMIT, CLOCK, LOGGER, NETWORK, STORAGE } from '../../core/injection/tokens.js'
import type { Admit } from '../../core/plugin/admission.js'
import { namedLogger } from '../../core/plugin/named-logger.js'
import type { PluginContext } from '../../core/plugin/plugin.js'
import type { Spawn } from '../../core/plugin/spawn.js'
import type { TransportSettings } from '../../core/settings/transport-settings.js'
import type { Clock } from '../../core/time/clock.js'
import { errorsHelper } from '../../transports/network/errors-helper.js'
import { noNetwork, noStreams } from '../../transports/network/no-network.js'
import { pluginAdmission } from '../../transports/network/plugin-admission.js'
import { PluginNetwork } from '../../transports/network/plugin-network.js'
import { PluginStreams } from '../../transports/network/plugin-streams.js'
import { carrierPartsOf } from '../../transports/shared/carrier-parts.js'
import type { Faults } from '../faults/faults.js'
import { FigureValues } from '../figures/figure-values.js'
import { programsOf } from '../programs/tunnel-programs.js'
import { KeptValues } from '../storage/kept-values.js'
import { storageFileOf } from '../storage/storage-place.js'

/** All without an address are one source. */
const NO_ADDRESS = new Uint8Array(0)

/** Token of apps whose plugins reach nobody. */
const OFFLINE = Symbol('qanat/offline')

/** Token of apps that outlive what their plugins do wrong. */
const OUTLIVING = Symbol('qanat/outliving')

/** From now on `network` and `streams` of an app's plugins refuse everything. */
export function takeOffline(container: DependencyContainer): void {
  container.register(OFFLINE, { useValue: true })
}

/** From now on what plugins of an app throw where nobody waits for it is logged, and ends nothing. */
export function outliveFaults(container: DependencyContainer): void {
  container.register(OUTLIVING, { useValue: true })
}

export function outlivesFaults(container: DependencyContainer): boolean {
  return container.isRegistered(OUTLIVING, true)
}

/** Has `network`, `streams` and `admit` of all plugins of an app go by these settings. */
export function configureCarriers(container: DependencyContainer, settings: TransportSettings): void {
  carrierPartsOf(container).settings = { ...settings, streamLimits: settings.groups?.streams }
}

/** What a plugin is given besides its options and settings. */
export type Helpers = Pick<PluginContext, 'log' | 'clock' | 'network' | 'streams' | 'errors'> & {
  readonly storage: KeptValues
  readonly figures: FigureValues
}

/**
 * Makes what a plugin is given, and registers it in its container, too.
 *
 * @param name what log lines call the plugin; undefined if it is Qanat's own
 * @param signal aborted when the tunnel is over
 * @param faults bears with what it throws when strangers have it close them; nothing does if it is Qanat's own
 * @param declared its figures
 */
export function pluginHelpers(
  container: DependencyContainer,
  name: string | undefined,
  signal: AbortSignal,
  faults?: Faults,
  declared: Figures = {},
): Helpers {
  const clock = container.resolve<Clock>(CLOCK)
  const appLog = container.resolve<Logger>(LOGGER)
  const log = name === undefined ? appLog : namedLogger(appLog, name)
  const carriers = carrierPartsOf(container)
  const spawn: Spawn = (program, options = {}) =>
    programsOf(container, clock, signal).start(program, options, log)
  const isOffline = container.isRegistered(OFFLINE, true)
  const network = isOffline ? noNetwork : new PluginNetwork({ carriers, clock, log, signal, spawn })
  const admit: Admit = (source = NO_ADDRESS, close) => {
    const admission = carriers.unauthenticatedLinks().admit(source, borne(close, faults))
    const closedBy = (other: () => void) => admission.closedBy(borne(other, faults))
    return pluginAdmission({ ...admission, closedBy })
  }
  container.register(LOGGER, { useValue: log })
  container.register(NETWORK, { useValue: network })
  const file = name === undefined ? undefined : storageFileOf(container, name)
  const storage = new KeptValues({ file, clock, log, signal })
  container.register(STORAGE, { useValue: storage })
  container.register(ADMIT, { useValue: admit })
  const figures = new FigureValues(name ?? 'built-in', declared)
  const streams = isOffline ? noStreams : new PluginStreams(carriers)
  return { log, clock, network, storage, streams, figures, errors: errorsHelper }
}

/** The same `close`, of which nothing that it throws reaches whoever calls it. */
function borne(close: () => void, faults: Faults | undefined): () => void {
  return faults === undefined ? close : () => faults.bear('close', close)
}
