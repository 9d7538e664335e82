import type { DependencyContainer } from 'tsyringe'
import { beforeEach, expect, it } from 'vitest'
import { addModule, choosePlugin } from '../../../src/app/plugins/plugins.js'
import type { PluginModule } from '../../../src/app/plugins/register-form.js'
import type { Cipher } from '../../../src/core/api/cipher.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import type { TunDriver } from '../../../src/core/api/tun-device.js'
import { CIPHER, LOGGER, TUN_DRIVER } from '../../../src/core/injection/tokens.js'
import { bareApp } from './bare-app.js'

const { signal } = new AbortController()
let app: DependencyContainer

beforeEach(() => {
  app = bareApp()
})

/** Loads a module that registers a part, and gives the container that it was given. */
function load(token: symbol, part: object): DependencyContainer {
  let given: DependencyContainer | undefined
  const register: PluginModule['register'] = (container) => {
    given = container
    container.register(token, { useValue: part })
  }
  addModule(app, { register }, { name: './it.js' })
  return given!
}

it('a cipher that a module registers is made of settings and the container that it registered with', () => {
  const summary = 'of before'
  const made = {} as Cipher
  let seen: unknown
  const part = {
    name: 'old',
    summary,
    create(settings: { key: string }, container: DependencyContainer) {
      seen = [this.name, settings.key, container]
      return made
    },
  }
  const container = load(CIPHER, part)
  const chosen = choosePlugin(app, 'cipher', 'old')
  expect(chosen.summary).toBe(summary)
  expect(chosen.make({ key: 'k', peers: [] }, signal)).toBe(made)
  expect(seen).toEqual(['old', 'k', container])
})

it('a TUN driver that a module registers is made of that container alone', () => {
  const made = {} as TunDriver
  let seen: unknown[] = []
  const create = (...given: unknown[]) => {
    seen = given
    return made
  }
  const container = load(TUN_DRIVER, { name: 'old', summary: '', create })
  expect(choosePlugin(app, 'TUN driver', 'old').make({}, signal)).toBe(made)
  expect(seen).toEqual([container])
})

it('that container has what the app registered, and keeps what it registers from other plugins', () => {
  const one = load(CIPHER, { name: 'one', summary: '', create() {} })
  const other = load(CIPHER, { name: 'other', summary: '', create() {} })
  one.register('mine', { useValue: 1 })
  expect(one.resolve(LOGGER)).toBe(silentLogger)
  expect([one.isRegistered('mine', true), other.isRegistered('mine', true)]).toEqual([true, false])
})
