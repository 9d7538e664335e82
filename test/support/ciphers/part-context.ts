import { container as root } from 'tsyringe'
import { silentLogger } from '../../../src/core/api/logger.js'
import { CLOCK, LOGGER } from '../../../src/core/injection/tokens.js'
import type { PluginContext } from '../../../src/core/plugin/plugin.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { PluginNetwork } from '../../../src/transports/network/plugin-network.js'
import { CarrierParts } from '../../../src/transports/shared/carrier-parts.js'
import { neverSpawn } from './never-spawn.js'

/** What a part is given that a test makes without an app, besides its settings. */
export function partContext({
  clock = systemClock,
  log = silentLogger,
}: Partial<Pick<PluginContext, 'clock' | 'log'>> = {}): PluginContext {
  const container = root.createChildContainer()
  container.register(LOGGER, { useValue: log })
  container.register(CLOCK, { useValue: clock })
  const { signal } = new AbortController()
  const network = new PluginNetwork({
    carriers: new CarrierParts(clock, log),
    clock,
    log,
    signal,
    spawn: neverSpawn,
  })
  return { options: {}, optionsOf: () => ({}), container, log, clock, signal, network }
}
