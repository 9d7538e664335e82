import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import type { Server } from '../../../lab/servers/server.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { pattern, Recorder, sameBytes } from '../../../src/conformance/kit/recorder.js'
import { type Fields, silentLogger } from '../../../src/core/api/logger.js'
import { ThrottledWarnings } from '../../../src/core/api/throttled-warnings.js'
import type { OptionGroups } from '../../../src/core/settings/option-groups.js'
import { HttpTransport } from '../../../src/transports/http/http.js'
import { TcpTransport } from '../../../src/transports/tcp/tcp.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { afterTest } from '../../support/after-test.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'
import { patient } from '../../support/streams/dial-wait.js'
import { testParts } from '../../support/streams/stream-test-parts.js'
import { startApache, startCaddy, startHaproxy, startNginxBefore, startStunnel } from './front-ends.js'

const PASSES_UPGRADES = [
  'proxy_http_version 1.1;',
  'proxy_set_header Upgrade $http_upgrade;',
  'proxy_set_header Connection "upgrade";',
]
/** What a client writes that would like to be somebody else. */
const FORGED = {
  'X-Forwarded-For': '198.51.100.7',
  Forwarded: 'for=198.51.100.7',
  'X-Real-IP': '198.51.100.7',
}
/** Another address of loopback than that which clients have. */
const FRONT_END = '127.0.0.9'

let authority: TestAuthority

beforeAll(() => {
  authority = new TestAuthority()
})

describeWhere(['program nginx', 'program openssl'], 'nginx before a server', () => {
  it.each([
    ['x-forwarded-for', 'proxy_set_header X-Forwarded-For "$http_x_forwarded_for, 203.0.113.5";'],
    ['x-real-ip', 'proxy_set_header X-Real-IP 203.0.113.5;'],
    ['forwarded', 'proxy_set_header Forwarded "$http_forwarded, for=\\"203.0.113.5:80\\"";'],
  ] as const)('names clients by %s, whatever they forge', async (clientAddressHeader, line) => {
    const server = await listen('ws', { websocket: { trustedProxies: ['127.0.0.1'], clientAddressHeader } })
    const front = await started(startNginxBefore(server.port, [...PASSES_UPGRADES, line]))
    await carries(`ws://127.0.0.1:${front.port}/tunnel`, server, FORGED)
    expect(server.source()).toBe('203.0.113.5')
  })

  it('reaches a Unix socket', async () => {
    const path = join(temporaryFolder(), 'ws.sock')
    const server = await listen('ws', {}, `?unix=${path}&unix-mode=0666`)
    const front = await started(
      startNginxBefore(path, [...PASSES_UPGRADES, 'proxy_set_header X-Forwarded-For 203.0.113.5;']),
    )
    chmodSync(join(path, '..'), 0o755)
    await carries(`ws://127.0.0.1:${front.port}/tunnel`, server)
    expect(server.source()).toBe('203.0.113.5')
  })

  it('takes posts by HTTP/2, and brings answers', async () => {
    const server = await listen('ws')
    const front = await started(startNginxBefore(server.port, [], authority.issue('127.0.0.1')))
    await carriesByHttp2(front.port, server)
  })

  it('is told what it lacks that does not pass upgrades on, as it comes', async () => {
    const server = await listen('ws')
    const front = await started(startNginxBefore(server.port, []))
    await expect(dial('ws', `ws://127.0.0.1:${front.port}/tunnel`)).rejects.toThrow(/the server answered 404/)
    expect(server.lines).toEqual(['HTTP/1.1, Upgrade: websocket, Connection: Upgrade'])
  })
})

describeWhere(['program haproxy', 'program openssl'], 'haproxy before a server', () => {
  it('names clients by a header', async () => {
    const server = await listen('ws', { websocket: { trustedProxies: [FRONT_END] } })
    const front = await started(startHaproxy(server.port, 'http', `source ${FRONT_END}`))
    await carries(`ws://127.0.0.1:${front.port}/tunnel`, server, FORGED)
    expect(server.source()).toBe('127.0.0.1')
  })

  it.each([
    ['tcp', 'send-proxy'],
    ['tcp', 'send-proxy-v2'],
    ['ws', 'send-proxy'],
    ['wss', 'send-proxy'],
    ['wss', 'send-proxy-v2'],
  ] as const)('names clients of %s by the PROXY protocol, %s', async (scheme, version) => {
    const { cert, key } = authority.issue('127.0.0.1')
    // The front end comes from an address of its own, so that of the client can come by its word alone.
    const server = await listen(scheme, { tls: { cert, key } }, `?proxy-protocol=${FRONT_END}`)
    const front = await started(startHaproxy(server.port, 'tcp', `${version} source ${FRONT_END}`))
    await carries(server.url(front.port), server)
    expect(server.source()).toBe('127.0.0.1')
  })
})

describeWhere(['program stunnel4', 'program openssl'], 'stunnel before a server', () => {
  it('takes TLS off WebSockets, and names clients by the PROXY protocol', async () => {
    const server = await listen('ws', {}, `?proxy-protocol=${FRONT_END}`)
    const front = await started(
      startStunnel(server.port, { ...authority.issue('127.0.0.1'), source: FRONT_END }),
    )
    await carries(`wss://127.0.0.1:${front.port}/tunnel`, server)
    expect(server.source()).toBe('127.0.0.1')
  })

  it('carries TCP in TLS from another one, and names clients by the PROXY protocol', async () => {
    const server = await listen('tcp', {}, `?proxy-protocol=${FRONT_END}`)
    const front = await started(
      startStunnel(server.port, { ...authority.issue('127.0.0.1'), source: FRONT_END }),
    )
    const near = await started(startStunnel(front.port, authority))
    await carries(`tcp://127.0.0.1:${near.port}`, server)
    expect(server.source()).toBe('127.0.0.1')
  })
})

describeWhere(['program caddy'], 'caddy before a server', () => {
  it('carries, and names clients by a header', async () => {
    const server = await listen('ws', { websocket: { trustedProxies: ['127.0.0.1'] } })
    const front = await started(startCaddy(server.port))
    await carries(`ws://127.0.0.1:${front.port}/tunnel`, server, FORGED)
    expect(server.source()).toBe('127.0.0.1')
  })
})

describeWhere(['program caddy', 'program openssl'], 'caddy with TLS before a server', () => {
  it('takes posts by HTTP/2, and brings answers', async () => {
    const server = await listen('ws')
    const front = await started(startCaddy(server.port, authority.issue('127.0.0.1')))
    await carriesByHttp2(front.port, server)
  })
})

describeWhere(['program apache2'], 'apache before a server', () => {
  it('carries, and names clients by a header', async () => {
    const server = await listen('ws', { websocket: { trustedProxies: [FRONT_END] } })
    const front = await started(startApache(server.port, FRONT_END))
    await carries(`ws://127.0.0.1:${front.port}/tunnel`, server, FORGED)
    expect(server.source()).toBe('127.0.0.1')
  })
})

async function started(starting: Promise<Server>): Promise<Server> {
  const server = await starting
  afterTest(() => server.stop())
  return server
}

async function listen(scheme: 'tcp' | 'ws' | 'wss', groups: OptionGroups = {}, query = '') {
  const received = new Recorder()
  const lines: unknown[] = []
  const log = { ...silentLogger, warn: (_message: string, { lacks }: Fields = {}) => void lines.push(lacks) }
  const parts = testParts({ log, warnings: new ThrottledWarnings(log) })
  const settings = { localPort: 0, ...groups }
  const transport =
    scheme === 'tcp' ? new TcpTransport(settings, parts) : new WebSocketTransport(settings, parts)
  const path = scheme === 'tcp' ? '' : '/tunnel'
  const listener = await transport.listen(new URL(`${scheme}://127.0.0.1:0${path}${query}`), received)
  afterTest(() => listener.close())
  return {
    lines,
    port: Number(listener.endpoint.port),
    received,
    source: () => received.arrivals[0]?.link.source.join('.'),
    url: (port: number) => `${scheme}://127.0.0.1:${port}${path}`,
  }
}

async function dial(scheme: 'tcp' | 'ws', url: string, headers = {}, received = new Recorder()) {
  const settings = { localPort: 0, tls: { ca: authority.ca }, websocket: { headers } }
  const transport =
    scheme === 'tcp' ? new TcpTransport(settings, testParts()) : new WebSocketTransport(settings, testParts())
  const link = await transport.dial(new URL(url), received, patient())
  afterTest(() => link.close())
  return link
}

/** Dials a front end, and carries 10 datagrams of 60,000 bytes to the server behind it. */
async function carries(url: string, far: { received: Recorder }, headers = {}): Promise<void> {
  const link = await dial(url.startsWith('tcp') ? 'tcp' : 'ws', url, headers)
  link.send([Uint8Array.of(0)])
  await eventually('the first datagram arrives', () => far.received.arrivals.length, 1)
  far.received.arrivals[0]!.link.authenticated?.()
  let sent = 0
  await eventually('all arrive', () => {
    for (; sent < 10 && link.writable; sent++) link.send([pattern(60_000, sent)])
    return far.received.arrivals.length === 11
  })
  for (let seed = 0; seed < 10; seed++) {
    expect(sameBytes(far.received.arrivals[seed + 1]!.bytes, pattern(60_000, seed))).toBe(true)
  }
}

/** Dials a front end by posts, and carries 10 datagrams of 60,000 bytes each way. */
async function carriesByHttp2(port: number, far: { received: Recorder }): Promise<void> {
  const settings = { localPort: 0, tls: { ca: authority.ca } }
  const parts = testParts()
  const transport = new HttpTransport(settings, parts, new WebSocketTransport(settings, parts))
  const facts: Record<string, unknown> = {}
  const near = new Recorder()
  const wait = { ...patient(), note: (told: () => object) => void Object.assign(facts, told()) }
  const link = await transport.dial(new URL(`https://127.0.0.1:${port}/tunnel`), near, wait)
  afterTest(() => link.close())
  expect(facts).toMatchObject({ alpn: 'h2' })
  link.send([Uint8Array.of(0)])
  await eventually('the first datagram arrives', () => far.received.arrivals.length, 1)
  const back = far.received.arrivals[0]!.link
  back.authenticated?.()
  back.send([Uint8Array.of(0)])
  for (const [from, to] of [
    [link, far.received],
    [back, near],
  ] as const) {
    let sent = 0
    await eventually('all arrive', () => {
      for (; sent < 10 && from.writable; sent++) from.send([pattern(60_000, sent)])
      return to.arrivals.length === 11
    })
    for (let seed = 0; seed < 10; seed++) {
      expect(sameBytes(to.arrivals[seed + 1]!.bytes, pattern(60_000, seed))).toBe(true)
    }
  }
}
