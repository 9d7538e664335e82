import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { createContainer } from '../../../src/app/container.js'
import { END_LIMIT } from '../../../src/app/faults/faults.js'
import { outcomeOf } from '../../../src/app/faults/plugin-scope.js'
import { Rehearsal } from '../../../src/app/rehearsal/rehearsal.js'
import { storeAt } from '../../../src/app/storage/storage-place.js'
import type { TunnelConfig } from '../../../src/core/api/config.js'
import type { Fields, Logger } from '../../../src/core/api/logger.js'
import { statelessCipher } from '../../../src/core/api/stateless-cipher.js'
import type { Plugin, PluginContext, TransportPart } from '../../../src/core/plugin/plugin.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { type DatagramPort, MemoryDatagramTransport } from '../../../src/transports/memory/datagram.js'
import { MemoryHub } from '../../../src/transports/memory/hub.js'
import { eventually } from '../../support/eventually.js'

const LIMITS = { time: 600_000, cpu: 600_000 }
const same = (bytes: Uint8Array) => bytes

/** A plugin with a cipher that hides nothing, and a packet hook that does nothing. */
function pluginOf(more: {
  rehearse?: boolean
  seal?: () => never
  made?: (context: PluginContext) => void
}): Plugin {
  const { made = () => {}, seal = same, ...part } = more
  const summary = 'for a test'
  return {
    api: 1,
    name: 'tested',
    ciphers: {
      open: {
        ...{ summary, keys: 'shared', ...part },
        create(context) {
          made(context)
          return statelessCipher(context.peers[0]!.id, { seal, open: same })
        },
      },
    },
    packetHooks: {
      idle: {
        ...{ summary, ...part },
        create(context) {
          made(context)
          return { incoming() {}, outgoing() {} }
        },
      },
    },
  }
}

async function rehearse(plugin: Plugin, more: Partial<TunnelConfig>) {
  const lines: { level: string; message: string; fields: Fields | undefined }[] = []
  const at = (level: string) => (message: string, fields?: Fields) =>
    void lines.push({ level, message, fields })
  const log: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  const container = await createContainer(log, [], [plugin])
  storeAt(container, { folder: temporaryFolder() })
  const config: TunnelConfig = {
    cipher: 'aes-256-gcm',
    peers: [{ id: 'peer', allowed: [], endpoints: [new URL('memory://real')] }],
    listen: [],
    tun: { name: 'real', mtu: 1420, addresses: [], routes: [] },
    plugins: [],
    ...more,
  }
  return { lines, rehearsal: new Rehearsal(container, config, undefined, LIMITS) }
}

describe('the rehearsal of a tunnel with a part of a plugin', () => {
  it('leaves out one that does not say that it takes part', async () => {
    const { lines, rehearsal } = await rehearse(pluginOf({}), { cipher: 'open' })
    await rehearsal.ended
    const why = "cipher 'open' of plugin 'tested' does not say that it may be"
    expect(lines).toEqual([{ level: 'debug', message: 'not rehearsed', fields: { why } }])
  })

  it('is without a packet hook that does not, and with one that does', async () => {
    for (const [takesPart, times] of [
      [false, 0],
      [true, 2],
    ] as const) {
      let made = 0
      const plugin = pluginOf({ rehearse: takesPart, made: () => made++ })
      const { rehearsal } = await rehearse(plugin, { packetHooks: ['idle'] })
      await eventually('packets arrive', () => rehearsal.arrived > 5, true)
      expect(made).toBe(times)
      await rehearsal.stop()
    }
  })

  it('has one with nothing in its storage, a network that refuses, and keys that are fresh', async () => {
    const contexts: (PluginContext & { key?: string | undefined })[] = []
    const plugin = pluginOf({ rehearse: true, made: (context) => void contexts.push(context) })
    const { rehearsal } = await rehearse(plugin, { cipher: 'open', key: 'of the real tunnel' })
    await eventually('packets arrive', () => rehearsal.arrived > 5, true)
    await rehearsal.stop()
    const [context] = contexts
    expect(contexts.length).toBeGreaterThanOrEqual(2)
    for (const { key } of contexts) expect(key).not.toBe('of the real tunnel')
    await expect(context!.network.connect({ host: '127.0.0.1', port: 9 })).rejects.toThrow(
      'this is a rehearsal',
    )
    await expect(context!.network.spawn('true')).rejects.toThrow('this is a rehearsal')
    expect(() => context!.network.agent).toThrow('this is a rehearsal')
    expect(context!.storage.keys()).toEqual([])
  })

  it('bears with what one throws where nobody waits for it: that ends the rehearsal, not the real tunnel', async () => {
    const outcomes: unknown[] = []
    const made = ({ storage }: PluginContext) => {
      if (storage.keys().length > 0) return
      queueMicrotask(() => {
        outcomes.push(outcomeOf(new Error('nothing is stored'))) // as whoever hears of it in the process would
      })
    }
    const { lines, rehearsal } = await rehearse(pluginOf({ rehearse: true, made }), { cipher: 'open' })
    await rehearsal.ended
    expect(outcomes.length).toBeGreaterThan(0)
    for (const outcome of outcomes) expect(outcome).toBeUndefined()
    const why = expect.stringMatching(/cipher 'open' of plugin 'tested'.*'create' failed: nothing is stored/)
    expect(lines).toContainEqual({ level: 'warn', message: 'cannot rehearse', fields: { why } })
  })

  it('closes both ends at the same time', async () => {
    const closing: (() => void)[] = []
    const plugin = pluginOf({ rehearse: true })
    const summary = 'for a test'
    const packetHooks: Plugin['packetHooks'] = {
      slow: {
        ...{ summary, rehearse: true },
        create: () => ({
          incoming() {},
          outgoing() {},
          close: () => new Promise<void>((resolve) => void closing.push(resolve)),
        }),
      },
    }
    const { rehearsal } = await rehearse({ ...plugin, packetHooks }, { packetHooks: ['slow'] })
    await eventually('packets arrive', () => rehearsal.arrived > 5, true)
    const stopped = rehearsal.stop()
    await eventually('both close', () => closing.length, 2, END_LIMIT - 1_000) // before any is given up
    for (const close of closing) close()
    await stopped
  })

  it('names one that throws in it, and ends', async () => {
    const seal = () => {
      throw new Error('out of order')
    }
    const { lines, rehearsal } = await rehearse(pluginOf({ rehearse: true, seal }), { cipher: 'open' })
    await rehearsal.ended
    const why = expect.stringMatching(/plugin 'tested'.*'seal' failed: out of order/)
    expect(lines).toEqual([{ level: 'warn', message: 'cannot rehearse', fields: { why } }])
  })

  it.each([
    ['create', /'create' failed: out of order/],
    ['listen', /'listen' failed: out of order/],
    ['dial', /'dial' failed: out of order/],
    ['send', /'send' failed: out of order/],
  ] as const)('names a transport of which one throws, and ends: %s', async (breaks, why) => {
    const endpoint = new URL('tested://real')
    const { lines, rehearsal } = await rehearse(
      { api: 1, name: 'tested', transports: { tested: brokenTransport(breaks) } },
      { peers: [{ id: 'peer', allowed: [], endpoints: [endpoint] }] },
    )
    await rehearsal.ended
    expect(lines).toEqual([
      { level: 'warn', message: 'cannot rehearse', fields: { why: expect.stringMatching(why) } },
    ])
    expect(String(lines[0]!.fields!.why)).toMatch(/plugin 'tested'/)
  })
})

/** A transport within this process of which one function throws. */
function brokenTransport(breaks: 'create' | 'listen' | 'dial' | 'send'): TransportPart {
  const hub = new MemoryHub<DatagramPort>({ clock: systemClock })
  const broken = () => {
    throw new Error('out of order')
  }
  return {
    ...{ summary: 'for a test', kind: 'datagram', authority: 'name', source: 'none', rehearse: true },
    create() {
      if (breaks === 'create') broken()
      const transport = new MemoryDatagramTransport(hub)
      return {
        listen: (endpoint, handlers) =>
          breaks === 'listen' ? broken() : transport.listen(endpoint, handlers),
        async dial(endpoint, handlers, wait) {
          if (breaks === 'dial') broken()
          const link = await transport.dial(endpoint, handlers, wait)
          if (breaks === 'send') link.send = broken
          return link
        },
      }
    },
  }
}
