import { container as root } from 'tsyringe'
import { describe, expect, it } from 'vitest'
import { TransportSet } from '../../src/app/transport-set.js'
import { TRANSPORT } from '../../src/core/api/plugin.js'
import type { Transport } from '../../src/core/api/transport.js'

describe('TransportSet', () => {
  it('makes a transport once, whichever of its schemes are asked for', async () => {
    const container = root.createChildContainer()
    const made: unknown[] = []
    const create = async (settings: unknown, given: unknown) => {
      made.push(settings)
      expect(given).toBe(container)
      return {} as Transport
    }
    container.register(TRANSPORT, { useValue: { name: 'web', schemes: ['ws', 'wss'], summary: '', create } })
    container.register(TRANSPORT, { useValue: { name: 'other', summary: '', create } })
    const settings = { localPort: 7 }
    const transports = new TransportSet(container, settings)
    const serve = (...urls: string[]) => transports.serve(urls.map((url) => new URL(url)))
    await serve('ws://a', 'wss://b', 'ws://c')
    await serve('ws://d', 'other://e')
    expect(made).toEqual([settings, settings])
    expect(transports.get('ws:')).toBe(transports.get('wss:'))
    expect(transports.get('other:')).not.toBe(transports.get('ws:'))
    await expect(serve('web://f')).rejects.toThrow(
      "Cannot choose transport 'web': known are ws://, wss://, other://",
    )
  })

  it('remembers why a transport cannot be had, for those who dial, and goes on with the others', async () => {
    const container = root.createChildContainer()
    const summary = ''
    const broken = new Error('no koffi')
    const create = () => Promise.reject(broken)
    container.register(TRANSPORT, { useValue: { name: 'broken', summary, create } })
    const works = {} as Transport
    container.register(TRANSPORT, { useValue: { name: 'works', summary, create: async () => works } })
    const transports = new TransportSet(container, { localPort: 0 })
    const urls = ['broken://a', 'works://b', 'none://c'].map((text) => new URL(text))
    expect(await transports.serveAll(urls)).toEqual([broken, undefined, expect.any(Error)])
    expect([transports.get('works:'), transports.traits('broken:')]).toEqual([works, {}])
    expect(() => transports.get('broken:')).toThrow('Cannot make the transport of broken://: no koffi')
    expect(() => transports.get('none:')).toThrow("Cannot choose transport 'none': known are ")
  })
})
