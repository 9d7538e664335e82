import { type DependencyContainer, container as root } from 'tsyringe'
import { silentLogger } from '../../../src/core/api/logger.js'
import { CLOCK, LOGGER } from '../../../src/core/injection/tokens.js'
import { systemClock } from '../../../src/core/time/system-clock.js'

/** The container of an app that has nothing to be chosen yet. */
export function bareApp(): DependencyContainer {
  const app = root.createChildContainer()
  app.register(LOGGER, { useValue: silentLogger })
  app.register(CLOCK, { useValue: systemClock })
  return app
}
