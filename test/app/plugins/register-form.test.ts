import type { DependencyContainer } from 'tsyringe'
import { beforeEach, expect, it } from 'vitest'
import { addModule, choosePlugin } from '../../../src/app/plugins/plugins.js'
import type { PluginModule } from '../../../src/app/plugins/register-form.js'
import { TransportSet } from '../../../src/app/transport-set.js'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import type { Cipher } from '../../../src/core/api/cipher.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import type { TunDriver } from '../../../src/core/api/tun-device.js'
import { CIPHER, LOGGER, TRANSPORT, TUN_DRIVER } from '../../../src/core/injection/tokens.js'
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

it('a transport that a module registers goes on dialling by a signal alone', async () => {
  class Old {
    readonly kind = 'datagram'
    readonly idleProbe = 7_000
    readonly #seen: unknown[] = []

    async dial(...given: unknown[]) {
      this.#seen.push(given)
      return this.#seen
    }

    async listen(...given: unknown[]) {
      return given
    }
  }
  load(TRANSPORT, { name: 'old', summary: '', create: async () => new Old() })
  const made = await choosePlugin(app, 'transport', 'old').make({ localPort: 0 }, signal)
  const [endpoint, handlers] = [new URL('old://far'), new Recorder()]
  const given: unknown = await made.dial(endpoint, handlers, { signal, step: () => expect.unreachable() })
  expect(given).toEqual([[endpoint, handlers, signal]])
  expect((given as unknown[][])[0]![2]).toBe(signal)
  expect(await made.listen(endpoint, handlers)).toEqual([endpoint, handlers])
  expect([made.kind, made.idleProbe]).toEqual(['datagram', 7_000])
})

it.each([
  ['nothing', undefined, 'no transport'],
  ['null', null, 'no transport'],
  ['no dial', { listen() {} }, "no transport: it lacks 'dial'"],
  ['no listen', { dial() {} }, "no transport: it lacks 'listen'"],
])('a transport that a module registers and that makes %s is told as before', async (_what, made, why) => {
  load(TRANSPORT, { name: 'old', summary: '', create: () => made })
  const transports = new TransportSet(app, { localPort: 0 }, new AbortController().signal)
  await expect(transports.serve([new URL('old://far')])).rejects.toThrow(`'create' returned ${why}`)
})

it('that container has what the app registered, and keeps what it registers from other plugins', () => {
  const one = load(CIPHER, { name: 'one', summary: '', create() {} })
  const other = load(CIPHER, { name: 'other', summary: '', create() {} })
  one.register('mine', { useValue: 1 })
  expect(one.resolve(LOGGER)).toBe(silentLogger)
  expect([one.isRegistered('mine', true), other.isRegistered('mine', true)]).toEqual([true, false])
})
