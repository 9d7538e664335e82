import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import type { DependencyContainer } from 'tsyringe'
import { expect, it } from 'vitest'
import { createContainer } from '../../../src/app/container.js'
import { addPlugin } from '../../../src/app/plugins/plugins.js'
import { Tunnel } from '../../../src/app/tunnel/tunnel.js'
import { RecordingLogger } from '../../../src/conformance/kit/recording-logger.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { SOLE_PEER, type TunnelConfig } from '../../../src/core/api/config.js'
import { TransportError } from '../../../src/core/api/errors.js'
import { type Logger, silentLogger } from '../../../src/core/api/logger.js'
import { CLOCK } from '../../../src/core/injection/tokens.js'
import { EVERYTHING } from '../../../src/core/ip/ip-prefix.js'
import { type DatagramPort, MemoryDatagramTransport } from '../../../src/transports/memory/datagram.js'
import { MemoryHub } from '../../../src/transports/memory/hub.js'
import { afterTest } from '../../support/after-test.js'
import { eventually } from '../../support/eventually.js'
import { never } from '../../support/memory-net.js'
import { pass } from '../../support/netsim/pass.js'

const PAGE = 'http://login.hotel.example/?mac=02-00'

it.each([
  ['ws', 302, { Location: PAGE }, 'portal-redirect', PAGE],
  ['http', 302, { Location: PAGE }, 'portal-redirect', PAGE],
  ['ws', 511, {}, 'portal-status', null],
  ['http', 511, {}, 'portal-status', null],
  ['ws', 200, { 'Content-Type': 'text/html' }, 'portal-page', null],
  ['http', 200, { 'Content-Type': 'text/html' }, 'portal-page', null],
] as const)(
  'tells of a login page before an endpoint of %s that answers %d, until it lets pass',
  async (scheme, status, headers, code, url) => {
    const behind = await start(silentLogger, { listen: [new URL('ws://127.0.0.1:0/')] })
    const front = await portalBefore(Number(new URL(behind.status().listen[0]!).port), status, headers)
    const log = new RecordingLogger()
    const tunnel = await start(log, {}, `${scheme}://127.0.0.1:${front.port}/`)
    const host = `127.0.0.1:${front.port}`
    const why = expect.stringMatching(/^Cannot dial .*: a login page (is|seems to be) in the way: /)
    const portal = await eventually('it is told', () => tunnel.status().portal)
    expect(portal).toMatchObject({ step: 'portal', code, host, url, why, remedy: expect.any(String) })
    expect(tunnel.status().peers[0]).toMatchObject({ why, attempts: [{ code }] })
    expect(log.messages('warn')).toContain('a login page is in the way')
    expect(front.asked).not.toContain(PAGE)
    front.letPass()
    await eventually('it is reached', () => tunnel.status().peers[0]!.remote)
    expect(tunnel.status().portal).toBeNull()
    expect(log.messages('info')).toContain('no login page is in the way any more')
  },
)

it('asks its probe while nothing answers a dial, tells what that says, and comes up once the way is free', async () => {
  const behind = await start(silentLogger, { listen: [new URL('tcp://127.0.0.1:0')] })
  const free = await portalBefore(0, 302, { Location: PAGE })
  const log = new RecordingLogger()
  const portalProbe = `http://127.0.0.1:${free.port}/probe`
  const { port } = new URL(behind.status().listen[0]!)
  const front = await portalBefore(Number(port), 302, {})
  const tunnel = await start(log, { transports: { portalProbe } }, `tcp://127.0.0.1:${front.port}`)
  const portal = await eventually('it is told', () => tunnel.status().portal)
  expect(portal).toMatchObject({ code: 'portal-redirect', host: `127.0.0.1:${free.port}`, url: PAGE })
  expect(free.asked).toEqual(['/probe'])
  front.letPass()
  await eventually('it is reached', () => tunnel.status().peers[0]!.remote)
  expect(tunnel.status().portal).toBeNull()
  expect(free.asked).toEqual(['/probe'])
})

it('dials at once when its probe passes, though the last attempt failed for long', async () => {
  const clock = new VirtualClock()
  const container = await createContainer(silentLogger, [])
  container.register(CLOCK, { useValue: clock })
  let dials = 0
  const create = () => {
    const transport = new MemoryDatagramTransport(new MemoryHub<DatagramPort>({ clock }))
    transport.dial = async () => {
      dials++
      throw new TransportError('no', { code: 'ERR_TRANSPORT_DIAL', reason: 'certificate-name' })
    }
    return transport
  }
  const virtual = { summary: 'for a test', kind: 'datagram', create } as const
  addPlugin(container, { api: 1, name: 'virtual', transports: { virtual } }, 'virtual')
  let answer: [number, http.OutgoingHttpHeaders] = [302, { Location: PAGE }]
  const probe = http.createServer((_, response) => response.writeHead(...answer).end()).listen(0, '127.0.0.1')
  await once(probe, 'listening')
  afterTest(() => probe.close())
  const portalProbe = `http://127.0.0.1:${(probe.address() as net.AddressInfo).port}/`
  const starting = start(container, { transports: { portalProbe } }, 'virtual://far')
  await pass(clock, 300_000)
  const tunnel = await starting
  await eventually('a login page is told', async () => {
    await pass(clock, 1_000)
    return tunnel.status().portal
  })
  answer = [204, {}]
  const before = dials
  await pass(clock, 11_000) // until the probe is asked again
  await eventually('the way is free', () => tunnel.status().portal === null)
  expect(dials).toBe(before + 1)
})

/** A tunnel in memory that dials one endpoint, or listens. */
async function start(
  log: Logger | DependencyContainer,
  config: Partial<TunnelConfig>,
  endpoint?: string,
): Promise<Tunnel> {
  const endpoints = endpoint === undefined ? [] : [new URL(endpoint)]
  const tunnel = await Tunnel.start(
    'info' in log ? await createContainer(log, []) : log,
    {
      cipher: 'aes-256-gcm',
      key: Buffer.alloc(32, 7).toString('base64'),
      peers: [{ id: SOLE_PEER, allowed: EVERYTHING, endpoints }],
      tunDriver: 'memory',
      tun: { name: undefined, mtu: 1420, addresses: [], routes: [] },
      listen: [],
      plugins: [],
      ...config,
    },
    never,
  )
  afterTest(() => tunnel.close())
  return tunnel
}

/** Answers in place of the server at a port, until it lets pass what comes. */
async function portalBefore(behind: number, status: number, headers: http.OutgoingHttpHeaders) {
  const asked: (string | undefined)[] = []
  let passes = false
  const portal = http.createServer((request, response) => {
    asked.push(request.url)
    response.writeHead(status, { ...headers, Connection: 'close' }).end('<p>Log in</p>')
  })
  const front = net.createServer((near) => {
    near.on('error', () => {})
    if (!passes) {
      portal.emit('connection', near)
      return
    }
    const far = net.connect(behind, '127.0.0.1', () => near.pipe(far).pipe(near))
    far.on('error', () => near.destroy()).on('close', () => near.destroy())
  })
  front.listen(0, '127.0.0.1')
  await once(front, 'listening')
  afterTest(() => front.close())
  const letPass = () => {
    passes = true
  }
  return { port: (front.address() as net.AddressInfo).port, asked, letPass }
}
