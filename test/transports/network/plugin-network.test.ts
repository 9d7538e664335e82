import { execFileSync } from 'node:child_process'
import type dgram from 'node:dgram'
import { EventEmitter, once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import tls from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { TestAuthority } from '../../../lab/certificates.js'
import { type Logger, silentLogger } from '../../../src/core/api/logger.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { OpenThings } from '../../../src/transports/network/open-things.js'
import { PluginNetwork } from '../../../src/transports/network/plugin-network.js'
import { MAX_RELAYED } from '../../../src/transports/network/relay.js'
import { CarrierParts } from '../../../src/transports/shared/carrier-parts.js'
import { neverSpawn } from '../../support/ciphers/never-spawn.js'
import { eventually } from '../../support/eventually.js'
import { inNewNetwork, namespacesMissing } from '../../support/network-namespace.js'

const MARK = 0xca6c
const HOST = '127.0.0.1'
/** Where only what is marked may go to and come from. */
const PORT = 7777
const authority = new TestAuthority()
const certificate = authority.issue(HOST)
const missing = namespacesMissing('nft')

/** What bears no mark on its way to the port, or from it, is refused; resets of the refusal bear none. */
const FILTER = `
add table inet t
add chain inet t o { type filter hook output priority 0; }
add rule inet t o meta mark ${MARK} accept
add rule inet t o tcp flags & rst == rst accept
add rule inet t o tcp dport ${PORT} reject with tcp reset
add rule inet t o tcp sport ${PORT} drop
add rule inet t o udp dport ${PORT} drop
add rule inet t o udp sport ${PORT} drop
`

describe.skipIf(missing)(`a plugin's network${missing ? `, skipped: ${missing}` : ''}`, () => {
  it('bears the mark by TCP, TLS, HTTP, HTTPS, UDP and a relay, and what it accepts does, too', async () => {
    await inNewNetwork(async () => {
      execFileSync('nft', ['-f', '-'], { input: FILTER })
      const { network } = networkFor({ mark: MARK })
      const server = await network.listen({ host: HOST, port: PORT }, (socket) => socket.pipe(socket))
      await expect(reply(net.connect(PORT, HOST))).rejects.toMatchObject({ code: 'ECONNREFUSED' })
      expect(await reply(await network.connect({ host: HOST, port: PORT }))).toBe('hello')
      const relay = await network.relay(HOST, PORT)
      expect(await reply(net.connect(relay.port, relay.host))).toBe('hello')
      await relay.close()
      await closed(server)

      const echo = new tls.Server(certificate, (socket) => socket.pipe(socket))
      const secured = await network.listen({ host: HOST, port: PORT }, (socket) =>
        echo.emit('connection', socket),
      )
      const { ca } = authority
      expect(await reply(await network.tls({ host: HOST, port: PORT }, { ca }))).toBe('hello')
      await closed(secured)

      const web = http.createServer((_request, response) => response.end('page'))
      const serving = await network.listen({ host: HOST, port: PORT }, (socket) =>
        web.emit('connection', socket),
      )
      new WebSocketServer({ server: web }).on('connection', (socket) => socket.send('frame'))
      expect(await page(http.get({ host: HOST, port: PORT, agent: network.agent.http }))).toBe('page')
      const webSocket = new WebSocket(`ws://${HOST}:${PORT}`, { agent: network.agent.http })
      const [frame] = await once(webSocket, 'message')
      expect(String(frame)).toBe('frame')
      webSocket.terminate()
      await closed(serving)

      const safe = https.createServer(certificate, (_request, response) => response.end('safe page'))
      const guarded = await network.listen({ host: HOST, port: PORT }, (socket) =>
        safe.emit('connection', socket),
      )
      const asked = https.get({ host: HOST, port: PORT, ca, agent: network.agent.https })
      expect(await page(asked)).toBe('safe page')
      await closed(guarded)

      const bound = await network.bindUdp({ host: HOST, port: PORT })
      bound.on('message', (datagram, { address, port }) => bound.send(datagram, port, address))
      const asking = await network.bindUdp()
      asking.send('hello', PORT, HOST)
      const [answer] = await once(asking, 'message')
      expect(String(answer)).toBe('hello')
    })
  })
})

describe('the network of a plugin without a mark', () => {
  it('speaks HTTPS by its agent, and refuses a certificate for another name in words', async () => {
    const { network } = networkFor()
    const web = https.createServer(certificate, (_request, response) => response.end('page'))
    const server = await network.listen({ host: HOST, port: 0 }, (socket) => web.emit('connection', socket))
    const port = portOf(server)
    const { ca } = authority
    expect(await page(https.get({ host: HOST, port, agent: network.agent.https, ca }))).toBe('page')
    const wrong = network.tls({ host: HOST, port }, { ca, servername: 'other.example.org' })
    await expect(wrong).rejects.toMatchObject({
      code: 'ERR_TRANSPORT_DIAL',
      message: expect.stringMatching(
        /^Cannot connect to 127\.0\.0\.1:\d+: its certificate is for another name/,
      ),
    })
  })

  it('looks up names, also for datagrams, and tells of those that are none', async () => {
    const { network } = networkFor()
    expect(await network.resolve('192.0.2.1')).toEqual([{ address: '192.0.2.1', family: 4 }])
    expect(await network.resolve('fe80::1%lo')).toEqual([{ address: 'fe80::1%lo', family: 6 }])
    for (const host of ['', 'a b', 'user@host', 'host/path', 'host:1', '[::1]']) {
      await expect(network.resolve(host)).rejects.toMatchObject({ code: 'ERR_HOST_UNKNOWN' })
    }
    const bound = await network.bindUdp({ host: HOST })
    const asking = await network.bindUdp({ host: HOST })
    asking.send('hello', bound.address().port, 'localhost')
    expect(String((await once(bound, 'message'))[0])).toBe('hello')
  })

  it('tells in words what is refused, cancelled or taken', async () => {
    const { network } = networkFor()
    await expect(network.connect({ host: HOST, port: 1 })).rejects.toMatchObject({
      code: 'ERR_TRANSPORT_DIAL',
      message: 'Cannot connect to 127.0.0.1:1: connection refused',
    })
    const cancelled = network.connect({ host: HOST, port: 1 }, { signal: AbortSignal.abort() })
    await expect(cancelled).rejects.toMatchObject({
      code: 'ERR_TRANSPORT_DIAL',
      message: 'Cannot connect to 127.0.0.1:1: it was cancelled',
    })
    const port = portOf(await network.listen({ host: HOST, port: 0 }, () => {}))
    const taken = { code: 'ERR_TRANSPORT_LISTEN', message: expect.stringContaining('is in use') }
    await expect(network.listen({ host: HOST, port }, () => {})).rejects.toMatchObject(taken)
    const udp = (await network.bindUdp({ host: HOST })).address().port
    await expect(network.bindUdp({ host: HOST, port: udp })).rejects.toMatchObject(taken)
  })

  it('ends a connection whose acceptor throws or rejects, tells why, and accepts others', async () => {
    const lines: unknown[] = []
    const { network } = networkFor({ log: { ...silentLogger, warn: (...line) => lines.push(line) } })
    const faults = [
      () => {
        throw new Error('no')
      },
      () => Promise.reject(new Error('never')),
    ]
    const server = await network.listen(
      { host: HOST, port: 0 },
      (socket) => faults.shift()?.() ?? socket.end('x'),
    )
    for (const expected of ['', '', 'x'])
      expect(await reply(net.connect(portOf(server), HOST))).toBe(expected)
    expect(lines).toEqual([['a plugin failed with a connection that was accepted', { why: 'no' }]])
  })

  it('has all that was forgotten closed when the tunnel is over, and opens nothing more', async () => {
    const { network, end } = networkFor()
    const accepted: net.Socket[] = []
    const server = await network.listen({ host: HOST, port: 0 }, (socket) => accepted.push(socket))
    const place = { host: HOST, port: portOf(server) }
    const dialled = await network.connect(place)
    const relay = await network.relay(HOST, place.port)
    const relayed = net.connect(relay.port, relay.host)
    const udp = await network.bindUdp()
    const gone = [dialled, relayed, udp, server].map((one: net.Socket | net.Server | dgram.Socket) =>
      once(one, 'close'),
    )
    await eventually('both are accepted', () => accepted.length, 2)
    end()
    await Promise.all(gone)
    await expect(network.connect(place)).rejects.toMatchObject({ code: 'ERR_TRANSPORT_DIAL' })
    await expect(network.listen({ host: HOST, port: 0 }, () => {})).resolves.toMatchObject({
      listening: false,
    })
  })

  it('has sockets for datagrams that may be closed again, also by who hears of the end', async () => {
    const over = new AbortController()
    const { network, end } = networkFor({ over })
    const [udp, other] = [await network.bindUdp(), await network.bindUdp()]
    over.signal.addEventListener('abort', () => udp.close())
    const gone = once(other, 'close')
    end()
    await gone
    await new Promise<void>((resolve) => udp.close(resolve))
    await udp[Symbol.asyncDispose]()
  })

  it('closes the others when the tunnel is over though one cannot be closed', () => {
    const over = new AbortController()
    const open = new OpenThings(over.signal)
    const closed: string[] = []
    open.add(new EventEmitter(), () => {
      throw new Error('no')
    })
    open.add(new EventEmitter(), () => void closed.push('other'))
    over.abort()
    expect(closed).toEqual(['other'])
  })

  it('passes on what is left once one side of a relayed connection has ended, and hangs up if nobody answers', async () => {
    const { network } = networkFor()
    const server = await network.listen({ host: HOST, port: 0 }, (socket) =>
      socket.resume().once('end', () => socket.end('all')),
    )
    const relay = await network.relay(HOST, portOf(server))
    expect(await reply(net.connect(relay.port, relay.host).end('question'), '')).toBe('all')
    await closed(server)
    expect(await reply(net.connect(relay.port, relay.host), '').catch(() => '')).toBe('')
  })

  it(`relays ${MAX_RELAYED} connections at a time`, async () => {
    const { network } = networkFor()
    const server = await network.listen({ host: HOST, port: 0 }, () => {})
    const relay = await network.relay(HOST, portOf(server))
    const sockets = Array.from({ length: MAX_RELAYED + 1 }, () =>
      net.connect(relay.port, relay.host).on('error', () => {}),
    )
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
    })
    await eventually('one is refused', () => sockets.filter(({ closed }) => closed).length, 1)
  })
})

/** What a network is made with. */
interface Made {
  readonly mark?: number
  readonly log?: Logger
  readonly over?: AbortController
}

function networkFor({ mark, log = silentLogger, over = new AbortController() }: Made = {}) {
  const carriers = new CarrierParts(systemClock, log)
  carriers.settings = { mark }
  const network = new PluginNetwork({
    carriers,
    clock: systemClock,
    log,
    signal: over.signal,
    spawn: neverSpawn,
  })
  const end = () => over.abort()
  onTestFinished(end)
  return { network, end }
}

/** What comes by a connection until it ends; if something is said, until that many bytes came. */
async function reply(socket: net.Socket, said = 'hello'): Promise<string> {
  let text = ''
  if (said !== '') socket.write(said)
  for await (const chunk of socket) {
    text += String(chunk)
    if (said !== '' && text.length >= said.length) break
  }
  socket.destroy()
  return text
}

async function page(request: http.ClientRequest): Promise<string> {
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return text
}

function portOf(server: net.Server): number {
  return (server.address() as net.AddressInfo).port
}

async function closed(server: net.Server): Promise<void> {
  const gone = once(server, 'close')
  server.close()
  await gone
}
