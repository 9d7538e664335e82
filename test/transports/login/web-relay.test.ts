import { once } from 'node:events'
import net from 'node:net'
import type { NetworkInterfaceInfo } from 'node:os'
import { describe, expect, it } from 'vitest'
import { plainAddress } from '../../../src/transports/front-ends/plain-address.js'
import { isOwnAddress } from '../../../src/transports/login/own-addresses.js'
import { WebRelay, type WebRelayParts } from '../../../src/transports/login/web-relay.js'
import type { ConnectTo } from '../../../src/transports/net/egress.js'
import { afterTest } from '../../support/after-test.js'

describe('an address of a login', () => {
  it('is closed if it is one of this host, or of none other', () => {
    const interfaces = {
      eth0: [{ address: '192.0.2.7' }, { address: '2001:db8::7' }] as NetworkInterfaceInfo[],
    }
    const closed = ['127.0.0.1', '127.9.9.9', '0.0.0.0', '224.0.0.1', '255.255.255.255', '192.0.2.7']
    const closed6 = ['::', '::1', 'fe80::1', 'ff02::1', '2001:db8::7']
    for (const address of [...closed, ...closed6])
      expect([address, isOwnAddress(address, interfaces)]).toEqual([address, true])
    for (const address of ['192.0.2.1', '10.0.0.1', '2001:db8::1'])
      expect([address, isOwnAddress(address, interfaces)]).toEqual([address, false])
  })

  it('is that of its own family', () => {
    expect(plainAddress('::ffff:127.0.0.1')).toBe('127.0.0.1')
    expect(plainAddress('2001:db8::1')).toBe('2001:db8::1')
  })
})

describe('a relay of web pages', () => {
  it('carries to the address that was asked, and not to one of this host', async () => {
    const asked: string[] = []
    const far = await server()
    const { ask } = await relay({
      connectTo: (address, port, outcome) => {
        asked.push(`${address.address}:${port}`)
        return far(outcome)
      },
      isOwn: (address) => address === '127.0.0.3',
    })
    expect(await ask('127.0.0.2', 80)).toBe('page')
    expect(await ask('127.0.0.2', 443)).toBe('page')
    expect(await ask('127.0.0.3', 80)).toBe('')
    expect(asked).toEqual(['127.0.0.2:80', '127.0.0.2:443'])
  })

  it('asks name servers alone at the port of DNS', async () => {
    const far = await server()
    const { ask } = await relay({
      connectTo: (_address, _port, outcome) => far(outcome),
      isOwn: () => false,
      nameServers: ['127.0.0.4'],
    })
    expect(await ask('127.0.0.4', 53)).toBe('page')
    expect(await ask('127.0.0.5', 53)).toBe('')
  })

  it('sends nothing by a connection that does not leave this host, or leaves from within the tunnel', async () => {
    const seen: string[] = []
    const far = await server((text) => seen.push(text))
    const own = { isOwn: () => false }
    const inner = await relay({
      connectTo: (_address, _port, outcome) => far(outcome, '127.0.0.9'),
      inner: () => ['127.0.0.9'],
      ...own,
    })
    expect(await inner.ask('127.0.0.2', 80)).toBe('')
    const here = await relay({ connectTo: (_address, _port, outcome) => far(outcome, '127.0.0.1'), ...own })
    expect(await here.ask('127.0.0.2', 80)).toBe('')
    expect(seen.join('')).toBe('')
  })

  it('carries an answer that ends at once whole to a browser that is slow to read', async () => {
    const far = await server()
    let ended: Promise<unknown> | undefined
    const { ask, slowed } = await relay({
      connectTo: (_address, _port, outcome) => {
        const connected = (socket: net.Socket) => {
          outcome.connected(socket)
          ended = once(socket, 'close')
        }
        return far({ ...outcome, connected })
      },
      isOwn: () => false,
    })
    const readsAgain = slowed(80)
    const answer = ask('127.0.0.2', 80)
    await expect.poll(() => ended).toBeDefined()
    await ended
    readsAgain()
    expect(await answer).toBe('page')
  })

  it('closes what it cannot connect, and cuts all in the end', async () => {
    const failing = await relay({
      connectTo: (_address, _port, { failed }) => {
        queueMicrotask(() => failed(new Error('refused')))
        return () => {}
      },
      isOwn: () => false,
    })
    expect(await failing.ask('127.0.0.2', 80)).toBe('')
    let calledOff = 0
    const waiting = await relay({ connectTo: () => () => void calledOff++, isOwn: () => false })
    const answer = waiting.ask('127.0.0.2', 80)
    await expect.poll(() => waiting.connections()).toBe(1)
    waiting.close()
    expect(await answer).toBe('')
    expect(calledOff).toBeGreaterThan(0)
  })
})

/** A server of one page on the loopback, and what connects to it in the place of others, from an address. */
async function server(heard: (text: string) => void = () => {}) {
  const listening = net.createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      heard(String(chunk))
      socket.end('page')
    })
  })
  listening.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  afterTest(() => void listening.close())
  const { port } = listening.address() as net.AddressInfo
  return (outcome: Parameters<ConnectTo>[2], localAddress = '127.0.0.8') => {
    const socket = net.connect({ host: '127.0.0.1', port, localAddress })
    socket.once('connect', () => outcome.connected(socket)).on('error', (error) => outcome.failed(error))
    return () => {}
  }
}

/** A relay whose ports are free ones of the loopback. `ask` resolves with all that comes from a port of an address. */
async function relay(parts: Partial<WebRelayParts>) {
  const servers = new Map<number, net.Server>()
  const opened = await WebRelay.open({
    ...{ connectTo: () => () => {}, nameServers: [], inside: (work) => work(), inner: () => [] },
    listen: (server, port) => servers.set(port, server.listen(0)),
    ...parts,
  })
  afterTest(() => opened.close())
  const ask = async (host: string, port: number) => {
    const at = servers.get(port)!.address() as net.AddressInfo
    const socket = net.connect({ host, port: at.port })
    let text = ''
    socket
      .on('error', () => {})
      .on('data', (chunk) => {
        text += chunk
      })
    socket.write('GET /')
    await new Promise((resolve) => socket.on('close', resolve))
    return text
  }
  /** Has the sockets of a port take nothing more, as the kernel's do if nobody reads, until the result is called. */
  const slowed = (port: number) => {
    let readsAgain = () => {}
    const waited = new Promise<void>((resolve) => {
      readsAgain = resolve
    })
    servers.get(port)!.on('connection', (socket) => {
      const write = socket._write.bind(socket)
      socket._write = (...call) => void waited.then(() => write(...call))
    })
    return readsAgain
  }
  const connections = () =>
    new Promise<number>((resolve) => servers.get(80)!.getConnections((_error, count) => resolve(count)))
  return { ask, close: () => opened.close(), connections, slowed }
}
