import { AsyncLocalStorage } from 'node:async_hooks'
import { type DependencyContainer, inject, injectable } from 'tsyringe'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { LoadedPart } from '../../../src/app/plugins/loaded-part.js'
import { LoadedPlugin } from '../../../src/app/plugins/loaded-plugin.js'
import { addModule, addPlugin, choosePlugin, setOptions } from '../../../src/app/plugins/plugins.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { Cipher } from '../../../src/core/api/cipher.js'
import { ConfigError } from '../../../src/core/api/errors.js'
import { type Logger, silentLogger } from '../../../src/core/api/logger.js'
import {
  ADMIT,
  CLOCK,
  LOGGER,
  NETWORK,
  OPTIONS,
  STORAGE,
  TRANSPORT,
} from '../../../src/core/injection/tokens.js'
import type { CipherContext, Plugin, TransportContext } from '../../../src/core/plugin/plugin.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { turns } from '../../support/eventually.js'
import { bareApp } from './bare-app.js'

const { signal } = new AbortController()
let app: DependencyContainer

beforeEach(() => {
  app = bareApp()
})

/** Loads a plugin with one cipher, and makes that. */
function make(create: (context: CipherContext) => unknown, more: Partial<Plugin> = {}): unknown {
  const it = { summary: '', create: create as (context: CipherContext) => Cipher }
  addPlugin(app, { api: 1, name: 'it', ciphers: { it }, ...more }, './it.js')
  return choosePlugin(app, 'cipher', 'it').make({ key: 'k', peers: [{ id: 'peer' }] }, signal)
}

describe('a part of a plugin', () => {
  it('is given its settings, the clock, the signal, helpers and a container of its own, as one object', () => {
    const context = make((given) => given) as CipherContext
    const { container, errors, figures, log, network, storage, streams, ...others } = context
    expect(others).toEqual({
      options: {},
      optionsOf: expect.any(Function),
      key: 'k',
      peers: [{ id: 'peer' }],
      clock: systemClock,
      signal,
    })
    expect(container.resolve(NETWORK)).toBe(network)
    expect(container.resolve(LOGGER)).toBe(log)
    expect(container.resolve(STORAGE)).toBe(storage)
    expect(container.resolve(CLOCK)).toBe(context.clock)
    expect(Object.keys({ ...errors, figures, storage, streams }).sort()).toEqual([
      'config',
      'dial',
      'figures',
      'link',
      'listen',
      'storage',
      'streams',
    ])
    container.register('mine', { useValue: 7 })
    expect([container.resolve('mine'), app.isRegistered('mine')]).toEqual([7, false])
  })

  it('writes lines that name its plugin', () => {
    const lines: unknown[] = []
    app.register(LOGGER, { useValue: { ...silentLogger, info: (...line: unknown[]) => lines.push(line) } })
    make(({ log }) => log.info('told', { of: 1 }))
    expect(lines).toEqual([['told', { plugin: 'it', of: 1 }]])
  })

  it('may admit if it is a transport', () => {
    const create = (context: TransportContext) => context as never
    addPlugin(app, { api: 1, name: 'it', transports: { it: { summary: '', create } } }, './it.js')
    const made: unknown = choosePlugin(app, 'transport', 'it').make({ localPort: 7 }, signal)
    const { admit, container, localPort } = made as TransportContext
    expect([typeof admit, localPort]).toEqual(['function', 7])
    expect(container.resolve(ADMIT)).toBe(admit)
  })

  it('may fail to close what it admitted: that is told, and others are closed in their time', async () => {
    const clock = new VirtualClock()
    const lines: unknown[] = []
    app.register(CLOCK, { useValue: clock })
    app.register(LOGGER, { useValue: { ...silentLogger, warn: (...line: unknown[]) => lines.push(line) } })
    addPlugin(
      app,
      { api: 1, name: 'it', transports: { it: { summary: '', create: (context) => context as never } } },
      './it.js',
    )
    const made: unknown = choosePlugin(app, 'transport', 'it').make({ localPort: 7 }, signal)
    const { admit } = made as TransportContext
    const closed: string[] = []
    const fails = (why: string) => () => {
      closed.push(why)
      throw new Error(why)
    }
    admit(Uint8Array.of(192, 0, 2, 1), fails('at once'))
    admit(Uint8Array.of(192, 0, 2, 2), () => {}).closedBy(fails('by another'))
    admit(Uint8Array.of(192, 0, 2, 3), async () => fails('later')())
    admit(undefined, () => void closed.push('sound'))
    clock.advance(1)
    admit(undefined, () => void closed.push('young'))
    clock.advance(60_000)
    await Promise.resolve()
    expect(closed).toEqual(['at once', 'by another', 'later', 'sound', 'young'])
    expect(lines).toEqual([
      [
        "a link of plugin 'it' failed in 'close', and the tunnel goes on",
        {
          plugin: 'it',
          operation: 'close',
          why: "Cannot go on with a link of plugin 'it': 'close' failed: at once",
        },
      ],
    ])
  })

  it('is given the options of its plugin as the user set them, of the context and of the container', () => {
    const options = { retries: { type: 'whole', default: 3, help: 'for a test' } } as const
    const create = ({ container, options }: CipherContext) => [options, container.resolve(OPTIONS)]
    const it = { summary: '', create: create as never }
    addPlugin(app, { api: 1, name: 'it', options, ciphers: { it } }, './it.js')
    addPlugin(app, { api: 1, name: 'other', options, ciphers: { other: it } }, './other.js')
    const values = { retries: '7' }
    setOptions(app, { folder: '/', tables: { it: { values, secrets: {} } } })
    const made = (name: string) => choosePlugin(app, 'cipher', name).make({ peers: [] }, signal)
    expect(made('it')).toEqual([{ retries: 7 }, { retries: 7 }])
    expect(made('other')).toEqual([{ retries: 3 }, { retries: 3 }])
  })

  it('has no options if another plugin of the same name has some', () => {
    const options = { retries: { type: 'whole', help: 'for a test' } } as const
    const one = { summary: '', create: () => ({}) as never }
    addPlugin(app, { api: 1, name: 'it', options, ciphers: { one } }, './one.js')
    expect(() => addPlugin(app, { api: 1, name: 'it', ciphers: { two: one } }, './two.js')).toThrow(
      "Cannot use plugin './two.js': a plugin 'it' is loaded already, and one of the two has options",
    )
  })

  it('may be a class that the container makes', () => {
    @injectable()
    class Made {
      readonly log: Logger
      constructor(@inject(LOGGER) log: Logger) {
        this.log = log
      }
    }
    expect(make(({ container }) => container.resolve(Made))).toMatchObject({
      log: { info: expect.any(Function) },
    })
  })

  it('that is a class without a decorator is told of by name', () => {
    class Plain {
      readonly given: unknown
      constructor(given: unknown) {
        this.given = given
      }
    }
    const why = "its class 'Plain' is not known to the container; decorate it with @injectable()"
    expect(() => make(({ container }) => container.resolve(Plain))).toThrow(
      `Cannot use cipher 'it' of plugin 'it': 'create' failed: ${why}`,
    )
  })

  it('is given the groups of options that it lists, and no others', () => {
    const given: unknown[] = []
    const create = (context: TransportContext) => given.push(context.groups) as never
    const transports = {
      all: { summary: '', groups: ['tls', 'websocket', 'streams'] as const, create },
      one: { summary: '', groups: ['streams'] as const, create },
      none: { summary: '', create },
    }
    addPlugin(app, { api: 1, name: 'it', transports }, './it.js')
    const groups = { tls: { pin: 'p' }, websocket: { headers: {} }, streams: { sendQueue: 200_000 } }
    for (const name of Object.keys(transports)) {
      void choosePlugin(app, 'transport', name).make({ localPort: 0, groups }, signal)
    }
    expect(given).toEqual([groups, { streams: groups.streams }, undefined])
  })

  it('that a module registers is given all of them, by the names that it knows', () => {
    let given: unknown
    const create = (settings: object) => {
      given = settings
      return {}
    }
    const register = (container: DependencyContainer) =>
      void container.register(TRANSPORT, { useValue: { name: 'old', summary: '', create } })
    addModule(app, { register }, { name: './old.js' })
    const [tls, websocket, streams] = [{ pin: 'p' }, { headers: {} }, { sendQueue: 200_000 }]
    const settings = { localPort: 0, groups: { tls, websocket, streams } }
    void choosePlugin(app, 'transport', 'old').make(settings, signal)
    expect(given).toMatchObject({ localPort: 0, tls, webSocket: websocket, streams })
  })

  it('is made once the plugin is set up, which happens once', async () => {
    const order: string[] = []
    const setup = async () => {
      await Promise.resolve()
      order.push('setup')
    }
    await make(() => order.push('create'), { setup })
    await choosePlugin(app, 'cipher', 'it').make({ peers: [] }, signal)
    expect(order).toEqual(['setup', 'create', 'create'])
  })

  it('cannot be had if the setup fails', async () => {
    const setup = () => {
      throw new Error('no luck\nat line 2')
    }
    await expect(make(() => ({}), { setup })).rejects.toThrow(
      /^Cannot use plugin '.\/it.js': 'setup' failed: no luck$/,
    )
  })

  it('can be had once the setup that failed succeeds, and each is told of its own', async () => {
    let isDown = true
    let calls = 0
    const setup = () => {
      calls++
      if (isDown) throw new Error('the server is down')
    }
    const made = make(() => 'made', { setup })
    await expect(made).rejects.toThrow('the server is down')
    isDown = false
    const again = () => choosePlugin(app, 'cipher', 'it').make({ peers: [] }, signal)
    expect([await again(), await again(), calls]).toEqual(['made', 'made', 2])
  })

  it('is closed once its setup is done, and what both take is waited for 5 s together', async () => {
    const clock = new VirtualClock()
    app.register(CLOCK, { useValue: clock })
    let isUp!: () => void
    const setup = () => new Promise<void>((resolve) => (isUp = resolve))
    const close = vi.fn(() => new Promise<never>(() => {}))
    const ciphers = { it: { summary: '', create: () => ({}) as Cipher } }
    const plugin = addPlugin(app, { api: 1, name: 'it', ciphers, setup, close }, './it.js')
    void plugin.setUp(signal)
    const closing = plugin.close(signal)
    clock.advance(4_000)
    expect(close).not.toHaveBeenCalled()
    isUp()
    await turns()
    expect(close).toHaveBeenCalledOnce()
    clock.advance(1_000)
    await closing
  })

  it('is made in no scope of asynchronous work if it is built in, or there is nothing to set up', async () => {
    const run = vi.spyOn(AsyncLocalStorage.prototype, 'run')
    onTestFinished(() => run.mockRestore())
    const it = { summary: '', create: () => 'made' as never }
    const own = new LoadedPlugin({ api: 1, name: 'own', ciphers: { it } }, { name: 'own', isOwn: true }, app)
    const part = new LoadedPart('cipher', 'it', it, own)
    expect(part.make({ peers: [] }, signal)).toBe('made')
    const theirs = new LoadedPlugin({ api: 1, name: 'it' }, { name: './it.js' }, app)
    await theirs.setUp(signal)
    for (const plugin of [own, theirs]) {
      await plugin.update(signal)
      await plugin.close(signal)
    }
    expect(run).not.toHaveBeenCalled()
  })

  it('cannot be had if the setup refuses what is configured, and that error is told as it is', async () => {
    const error = new ConfigError('Cannot read the option', { code: 'ERR_CONFIG_VALUE' })
    await expect(make(() => ({}), { setup: () => Promise.reject(error) })).rejects.toBe(error)
  })
})
