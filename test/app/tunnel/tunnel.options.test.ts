import { afterEach, describe, expect, it, vi } from 'vitest'
import { addPlugin, setOptions } from '../../../src/app/plugins/plugins.js'
import { Tunnel } from '../../../src/app/tunnel/tunnel.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { TunnelConfig } from '../../../src/core/api/config.js'
import { ConfigError } from '../../../src/core/api/errors.js'
import type { AnyOptions, Plugin } from '../../../src/core/plugin/plugin.js'
import { never, prefixes } from '../../support/memory-net.js'
import { TunnelLab } from '../../support/tunnel-lab.js'

const OPTIONS = { retries: { type: 'whole', default: 3, max: 9, help: 'for a test' } } as const

describe('The options of a plugin, while a tunnel runs,', () => {
  const tunnels: Tunnel[] = []
  afterEach(async () => {
    for (const tunnel of tunnels.splice(0)) await tunnel.close()
  })

  /** A tunnel with a plugin, and a reload that sets its option. `uses` has the tunnel take its packet hook. */
  async function started(plugin: Partial<Plugin>, uses: boolean) {
    const lab = new TunnelLab(new VirtualClock())
    const told: unknown[] = []
    const note =
      (what: string) =>
      ({ options }: { options: AnyOptions }) =>
        void told.push(`${what} ${options.retries}`)
    const packetHooks = { it: { summary: '', create: () => ({ outgoing: () => undefined }) } }
    const never_ = () => new Promise<never>(() => {})
    const create = (context: { options: AnyOptions }) => {
      note('create')(context)
      return { dial: never_, listen: never_ }
    }
    const transports = { it: { summary: '', create } }
    const all: Plugin = {
      ...{ api: 1, name: 'it', options: OPTIONS, packetHooks, transports },
      ...{ setup: note('setup'), close: note('close') },
      ...plugin,
    }
    addPlugin(lab.container, all, './it.js')
    const config: TunnelConfig = {
      ...lab.config(undefined, 'memory://near'),
      ...(uses && { packetHooks: ['it'] }),
      pluginOptions: { folder: '/', tables: {} },
    }
    setOptions(lab.container, config.pluginOptions)
    const tunnel = await Tunnel.start(lab.container, config, never)
    tunnels.push(tunnel)
    const reload = (retries: unknown, more: Partial<TunnelConfig> = {}) =>
      tunnel.reload({
        ...config,
        ...more,
        pluginOptions: { folder: '/', tables: { it: { values: { retries }, secrets: {} } } },
      })
    return { config, reload, told }
  }

  it('are told to its update', async () => {
    const updates: unknown[] = []
    const update = (options: AnyOptions) => void updates.push(options.retries)
    const { reload, told } = await started({ update }, true)
    await reload(7)
    await reload(8)
    expect([updates, told]).toEqual([[7, 8], ['setup 3']])
  })

  it('stay if its update refuses them, which then hears of those of before, and the reload is refused', async () => {
    const updates: unknown[] = []
    const update = ({ retries }: AnyOptions) => {
      updates.push(retries)
      if (retries === 7) throw new ConfigError('Cannot do it 7 times', { code: 'ERR_CONFIG_VALUE' })
    }
    const { reload } = await started({ update }, true)
    await expect(reload(7)).rejects.toThrow('Cannot do it 7 times')
    expect(updates).toEqual([7, 3])
    await reload(5)
    expect(updates).toEqual([7, 3, 5])
  })

  it('stay if something else of a reload is refused', async () => {
    const updates: unknown[] = []
    const update = ({ retries }: AnyOptions) => void updates.push(retries)
    const { reload } = await started({ update }, true)
    const other = { id: 'other', allowed: prefixes('10.0.0.0/8'), endpoints: [] }
    await expect(reload(7, { peers: [other] })).rejects.toThrow('its cipher does not support that')
    expect(updates).toEqual([7, 3])
  })

  it('cannot change without an update if it is in use, and the key is named', async () => {
    const { reload } = await started({}, true)
    await expect(reload(7)).rejects.toThrow(
      "Cannot change the tunnel while it runs: 'retries' in [plugin.it] cannot change; restart it",
    )
  })

  it('change without an update if it is not in use, and its parts are made with them', async () => {
    const { config, reload, told } = await started({}, false)
    const peers = config.peers.map((peer) => ({ ...peer, endpoints: [new URL('it://x')] }))
    await reload(7, { peers })
    expect(told).toEqual(['setup 7', 'create 7'])
  })

  it('are what the plugin says that they are, or the reload is refused', async () => {
    const { reload } = await started({ update: () => {} }, true)
    await expect(reload(10)).rejects.toThrow("option 'retries' of plugin 'it'")
  })
})

describe('A plugin that needs root', () => {
  afterEach(() => vi.restoreAllMocks())

  /** A tunnel that uses none of its parts, as that user. Returns whom the plugin was set up as. */
  async function startedAs(uid: number): Promise<number[]> {
    vi.spyOn(process, 'getuid').mockReturnValue(uid)
    const lab = new TunnelLab(new VirtualClock())
    const setUpAs: number[] = []
    const plugin: Plugin = {
      ...{ api: 1, name: 'it', needsRoot: true, setup: () => void setUpAs.push(process.getuid!()) },
      packetHooks: { it: { summary: '', create: () => ({ outgoing: () => undefined }) } },
    }
    addPlugin(lab.container, plugin, './it.js')
    const tunnel = await Tunnel.start(lab.container, lab.config(undefined, 'memory://near'), never)
    await tunnel.close()
    return setUpAs
  }

  it('is set up at the start, though none of its parts is used', async () => {
    expect(await startedAs(0)).toEqual([0])
  })

  it('is refused in words as a user', async () => {
    await expect(startedAs(1_000)).rejects.toThrow(
      /^Cannot use plugin '\.\/it\.js': it needs root, and this process is user 1000$/,
    )
  })
})
