import * as tsyringe from 'tsyringe'
import { expect, it } from 'vitest'
import * as di from '../../src/app/di.js'
import { addPlugin, choosePlugin } from '../../src/app/plugins/plugins.js'
import { silentLogger } from '../../src/core/api/logger.js'
import { CLOCK, LOGGER } from '../../src/core/injection/tokens.js'
import { systemClock } from '../../src/core/time/system-clock.js'

it('qanat/di is the tsyringe of the app, so that a class of a plugin can be injected', async () => {
  expect(di.container).toBe(tsyringe.container)
  @di.injectable()
  class Mine {
    readonly log: unknown
    constructor(@di.inject(LOGGER) log: unknown) {
      this.log = log
    }
  }
  const app = tsyringe.container.createChildContainer()
  app.register(LOGGER, { useValue: silentLogger })
  app.register(CLOCK, { useValue: systemClock })
  let given: unknown
  const mine = {
    summary: '',
    create({ container, log }: { container: di.DependencyContainer; log: unknown }) {
      given = log
      return container.resolve(Mine)
    },
  }
  addPlugin(app, { api: 1, name: 'mine', ciphers: { mine: mine as never } }, './mine.js')
  const made = await choosePlugin(app, 'cipher', 'mine').make({ peers: [] }, new AbortController().signal)
  expect((made as unknown as Mine).log).toBe(given)
})
