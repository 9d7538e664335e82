import { describe, expect, it } from 'vitest'
import { createContainer } from '../../src/app/container.js'
import { addPlugin } from '../../src/app/plugins/plugins.js'
import { TransportSet } from '../../src/app/transport-set.js'
import { silentLogger } from '../../src/core/api/logger.js'
import type { Transport } from '../../src/core/api/transport.js'
import type { TransportContext } from '../../src/core/plugin/plugin.js'

const { signal } = new AbortController()

/** A transport that leads to nobody. */
function nowhere(traits: Partial<Transport> = {}): Transport {
  const never = () => new Promise<never>(() => {})
  return { dial: never, listen: never, ...traits }
}

describe('TransportSet', () => {
  it('makes a transport once, whichever of its schemes are asked for', async () => {
    const container = await createContainer(silentLogger, [])
    const made: unknown[] = []
    const create = async ({ localPort, signal }: TransportContext) => {
      made.push({ localPort, signal })
      return nowhere()
    }
    const web = { schemes: ['one', 'two'], summary: '', create }
    const other = { summary: '', create }
    addPlugin(container, { api: 1, name: 'both', transports: { web, other } }, 'both')
    const transports = new TransportSet(container, { localPort: 7 }, signal)
    const serve = (...urls: string[]) => transports.serve(urls.map((url) => new URL(url)))
    await serve('one://a', 'two://b', 'one://c')
    await serve('one://d', 'other://e')
    expect(made).toEqual([
      { localPort: 7, signal },
      { localPort: 7, signal },
    ])
    expect(transports.get('one:')).toBe(transports.get('two:'))
    expect(transports.get('other:')).not.toBe(transports.get('one:'))
    await expect(serve('web://f')).rejects.toThrow(/^Cannot choose transport 'web': known are .*two:\/\//)
  })

  it('knows the traits of a part, and those that a transport itself has before them', async () => {
    const container = await createContainer(silentLogger, [])
    const slow = {
      summary: '',
      kind: 'datagram',
      idleProbe: 5,
      create: () => nowhere({ idleProbe: 7 }),
    } as const
    addPlugin(container, { api: 1, name: 'slow', transports: { slow } }, 'slow')
    const transports = new TransportSet(container, { localPort: 0 }, signal)
    await transports.serve([new URL('slow://a')])
    expect(transports.traits('slow:')).toEqual({ kind: 'datagram', idleProbe: 7 })
  })

  it('knows which proxies before an endpoint are told a login', async () => {
    const container = await createContainer(silentLogger, [])
    const parts = { summary: '', create: async () => nowhere() }
    const proxied = { ...parts, schemes: ['out'], proxied: true, ports: { out: 7 } }
    addPlugin(container, { api: 1, name: 'both', transports: { proxied, direct: parts } }, 'both')
    const url = new URL('http://user:secret@one:3128')
    const proxy = { url, further: [new URL('http://two:3128'), new URL('socks5://me:secret@three:1080')] }
    const transports = new TransportSet(container, { localPort: 0, proxy }, signal)
    const logins = (endpoint: string) => transports.logins(new URL(endpoint))
    expect(logins('out://a')).toEqual(['http://one:3128', 'socks5://three:1080'])
    expect(logins('direct://a')).toEqual([])
    transports.renew({ localPort: 0, proxy: { url: new URL('gopher://user:secret@one') } })
    expect(logins('out://a')).toEqual([])
  })

  it('remembers why a transport cannot be had, for those who dial, and goes on with the others', async () => {
    const container = await createContainer(silentLogger, [])
    const broken = { summary: '', create: () => Promise.reject(new Error('no koffi')) }
    const works = { summary: '', create: async () => nowhere() }
    addPlugin(container, { api: 1, name: 'both', transports: { broken, works } }, 'both')
    const transports = new TransportSet(container, { localPort: 0 }, signal)
    const urls = ['broken://a', 'works://b', 'none://c'].map((text) => new URL(text))
    const why = "Cannot use transport 'broken' of plugin 'both': 'create' failed: no koffi"
    const [broke, worked, unknown] = await transports.serveAll(urls)
    expect([broke?.message, worked, unknown]).toEqual([why, undefined, expect.any(Error)])
    expect([transports.get('works:').listen, transports.traits('broken:')]).toEqual([
      expect.any(Function),
      {},
    ])
    expect(() => transports.get('broken:')).toThrow(why)
    expect(() => transports.get('none:')).toThrow("Cannot choose transport 'none': known are ")
  })
})
