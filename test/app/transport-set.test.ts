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
})
