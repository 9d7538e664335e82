import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { pattern, Recorder, sameBytes } from '../../../src/conformance/kit/recorder.js'
import type { Listener, Transport } from '../../../src/core/api/transport.js'
import type { OptionGroups } from '../../../src/core/settings/option-groups.js'
import type { TransportSettings } from '../../../src/core/settings/transport-settings.js'
import { TcpTransport } from '../../../src/transports/tcp/tcp.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { afterTest } from '../../support/after-test.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'
import { patient } from '../../support/streams/dial-wait.js'
import { testParts } from '../../support/streams/stream-test-parts.js'
import { startNginx } from '../servers/nginx.js'
import { freePort, type Server } from '../servers/server.js'
import { startDante, startMicrosocks } from '../servers/socks.js'
import { startSquid } from '../servers/squid.js'
import { startTinyproxy } from '../servers/tinyproxy.js'

const USER = 'user'
const PASSWORD = 'p@ss:w"ord/1'
/** As it stands in a URL. */
const LOGIN = `${USER}:${encodeURIComponent(PASSWORD)}@`
const WRONG_LOGIN = `${USER}:wrong@`
/** Datagrams that go each way through a carrier, and the bytes of each: 6 MB in all. */
const DATAGRAMS = 50
const DATAGRAM_BYTES = 60_000

let authority: TestAuthority

beforeAll(() => {
  authority = new TestAuthority()
})

describeWhere(['program squid', 'program openssl'], 'squid', () => {
  for (const login of ['basic', 'digest'] as const) {
    describe(`with ${login} logins`, () => {
      let squid: Server
      beforeAll(async () => {
        squid = await startSquid({ login, user: USER, password: PASSWORD })
      })
      afterAll(() => squid.stop())

      for (const scheme of ['tcp', 'ws', 'wss'] as const) {
        it(`carries ${scheme}`, async () => {
          const { endpoint } = await listen(scheme)
          await carries(endpoint, proxied(`http://${LOGIN}127.0.0.1:${squid.port}`))
        })
      }

      it('refuses a wrong password, and none', async () => {
        const { endpoint } = await listen('tcp')
        const name = `^Cannot dial tcp://\\S+ the proxy http://127\\.0\\.0\\.1:${squid.port}`
        await expect(dial(endpoint, proxied(`http://${WRONG_LOGIN}127.0.0.1:${squid.port}`))).rejects.toThrow(
          new RegExp(`${name} rejected the user name and the password$`),
        )
        await expect(dial(endpoint, proxied(`http://127.0.0.1:${squid.port}`))).rejects.toThrow(
          new RegExp(`${name} requires a user name and a password`),
        )
      })
    })
  }

  it('tells in its own words what it forbids and what it cannot reach', async () => {
    const closed = await freePort()
    const squid = await started(startSquid({ allowedPort: closed }))
    const settings = proxied(`http://127.0.0.1:${squid.port}`)
    await expect(dial(new URL('tcp://127.0.0.1:9'), settings)).rejects.toThrow(
      /refused: 403 Forbidden \(ERR_ACCESS_DENIED 0\)$/,
    )
    await expect(dial(new URL(`tcp://127.0.0.1:${closed}`), settings)).rejects.toThrow(
      /refused: 503 Service Unavailable \(ERR_CONNECT_FAIL 111\)$/,
    )
  })

  it('wants NTLM, and is named with a egress', async () => {
    const squid = await started(startSquid({ login: 'ntlm' }))
    await expect(
      dial(new URL('tcp://127.0.0.1:9'), proxied(`http://${LOGIN}127.0.0.1:${squid.port}`)),
    ).rejects.toThrow(/wants a login by ntlm, which Qanat does not support: run cntlm or px/)
  })

  it('is spoken to by TLS, and its certificate is checked', async () => {
    const certificate = authority.issue('127.0.0.1')
    const squid = await started(startSquid({ login: 'basic', user: USER, password: PASSWORD, certificate }))
    const url = new URL(`https://${LOGIN}127.0.0.1:${squid.port}`)
    for (const scheme of ['tcp', 'wss'] as const) {
      const { endpoint } = await listen(scheme)
      await carries(endpoint, { ...proxied(url.href), proxy: { url, ca: authority.ca } })
    }
    await expect(dial(new URL('tcp://127.0.0.1:9'), { localPort: 0, proxy: { url } })).rejects.toThrow(
      /cannot be used by TLS: its certificate is signed by '.+', which is not trusted here$/,
    )
  })

  it('is taken from the environment, but for hosts that are exempt', async () => {
    const squid = await started(startSquid({ allowedPort: 1 }))
    const { endpoint } = await listen('tcp')
    const HTTPS_PROXY = `127.0.0.1:${squid.port}`
    await expect(dial(endpoint, { localPort: 0, proxy: { environment: { HTTPS_PROXY } } })).rejects.toThrow(
      /403/,
    )
    await carries(endpoint, {
      localPort: 0,
      proxy: { environment: { HTTPS_PROXY, NO_PROXY: '127.0.0.0/8' } },
    })
  })
})

describeWhere(['program tinyproxy', 'program openssl'], 'tinyproxy', () => {
  it('carries tcp and wss', async () => {
    const tinyproxy = await started(startTinyproxy(USER, 'plain'))
    for (const scheme of ['tcp', 'wss'] as const) {
      const { endpoint } = await listen(scheme)
      await carries(endpoint, proxied(`http://${USER}:plain@127.0.0.1:${tinyproxy.port}`))
    }
    const error = await dial(
      new URL('tcp://127.0.0.1:9'),
      proxied(`http://${WRONG_LOGIN}127.0.0.1:${tinyproxy.port}`),
    ).catch(String)
    expect(error).toMatch(/refused/)
    expect(error).not.toMatch(/wrong/)
  })
})

describeWhere(['program microsocks', 'program openssl'], 'microsocks', () => {
  it('carries tcp and wss with a password, and resolves names itself', async () => {
    const microsocks = await started(startMicrosocks(USER, PASSWORD))
    for (const scheme of ['tcp', 'wss'] as const) {
      const { endpoint } = await listen(scheme)
      await carries(endpoint, proxied(`socks5://${LOGIN}127.0.0.1:${microsocks.port}`))
    }
    const { endpoint } = await listen('tcp')
    endpoint.hostname = 'localhost'
    await carries(endpoint, proxied(`socks5h://${LOGIN}127.0.0.1:${microsocks.port}`))
  })

  it('refuses a wrong password, and tells what it cannot reach', async () => {
    const microsocks = await started(startMicrosocks(USER, PASSWORD))
    const closed = new URL(`tcp://127.0.0.1:${await freePort()}`)
    await expect(
      dial(closed, proxied(`socks5://${WRONG_LOGIN}127.0.0.1:${microsocks.port}`)),
    ).rejects.toThrow(/rejected the user name and the password$/)
    await expect(dial(closed, proxied(`socks5://${LOGIN}127.0.0.1:${microsocks.port}`))).rejects.toThrow(
      /refused with code 5: connection refused$/,
    )
  })
})

describeWhere(['program danted', 'program openssl'], 'dante', () => {
  it('carries tcp and wss without a password, and tells what its rules forbid', async () => {
    const blocked = await freePort()
    const dante = await started(startDante(blocked))
    const settings = proxied(`socks5://127.0.0.1:${dante.port}`)
    for (const scheme of ['tcp', 'wss'] as const) {
      const { endpoint } = await listen(scheme)
      await carries(endpoint, settings)
    }
    await expect(dial(new URL(`tcp://127.0.0.1:${blocked}`), settings)).rejects.toThrow(
      /refused with code 2: not allowed by its rules$/,
    )
  })
})

describeWhere(['program nginx', 'program squid', 'program openssl'], 'nginx', () => {
  it('stands before the server with TLS, and names the source; also through squid', async () => {
    const server = await listen('ws', { localPort: 0, websocket: { trustedProxies: ['127.0.0.1'] } })
    const nginx = await started(
      startNginx(authority.issue('127.0.0.1'), '/tunnel', Number(server.endpoint.port)),
    )
    const squid = await started(startSquid({ login: 'digest', user: USER, password: PASSWORD }))
    const outside = new URL(`wss://127.0.0.1:${nginx.port}/tunnel`)
    const headers = { 'X-Forwarded-For': '198.51.100.7' }
    const settings = { localPort: 0, tls: { ca: authority.ca }, websocket: { headers } }
    await carries(outside, settings, server.received)
    expect([...server.received.arrivals[0]!.link.source]).toEqual([198, 51, 100, 7])
    const proxy = { url: new URL(`http://${LOGIN}127.0.0.1:${squid.port}`) }
    await carries(outside, { ...settings, proxy }, server.received)
    const elsewhere = new URL(`wss://127.0.0.1:${nginx.port}/tunnel/other`)
    await expect(dial(elsewhere, settings)).rejects.toThrow(/: the server answered 404 Not Found$/)
  })
})

function proxied(url: string): TransportSettings & OptionGroups {
  return { localPort: 0, tls: { ca: authority.ca }, proxy: { url: new URL(url) } }
}

async function started(starting: Promise<Server>): Promise<Server> {
  const server = await starting
  afterTest(() => server.stop())
  return server
}

let heardLast: Recorder

async function listen(scheme: 'tcp' | 'ws' | 'wss', settings?: TransportSettings & OptionGroups) {
  const received = new Recorder()
  const { cert, key } = authority.issue('127.0.0.1')
  const transport = create(scheme, settings ?? { localPort: 0, tls: { cert, key } })
  const path = scheme === 'tcp' ? '' : '/tunnel'
  const listener: Listener = await transport.listen(new URL(`${scheme}://127.0.0.1:0${path}`), received)
  afterTest(() => listener.close())
  heardLast = received
  return { endpoint: listener.endpoint, received }
}

async function dial(endpoint: URL, settings: TransportSettings & OptionGroups, received = new Recorder()) {
  const scheme = endpoint.protocol === 'tcp:' ? 'tcp' : 'ws'
  const link = await create(scheme, settings).dial(endpoint, received, patient())
  afterTest(() => link.close())
  return link
}

function create(scheme: 'tcp' | 'ws' | 'wss', settings: TransportSettings & OptionGroups): Transport {
  return scheme === 'tcp'
    ? new TcpTransport(settings, testParts())
    : new WebSocketTransport(settings, testParts())
}

/** Dials the server that listened last, and carries megabytes both ways, as fast as the link is writable. */
async function carries(
  endpoint: URL,
  settings: TransportSettings & OptionGroups,
  far = heardLast,
): Promise<void> {
  const near = new Recorder()
  const before = far.arrivals.length
  const link = await dial(endpoint, settings, near)
  link.send([Uint8Array.of(0)])
  await eventually(
    'the first datagram arrives',
    () => far.arrivals.length,
    (count) => count > before,
  )
  const back = far.arrivals[before]!.link
  for (const one of [link, back]) one.authenticated?.() // until then only small datagrams pass
  let sent = 0
  await eventually('all datagrams arrive', () => {
    for (; sent < DATAGRAMS && link.writable && back.writable; sent++) {
      link.send([pattern(DATAGRAM_BYTES, sent)])
      back.send([pattern(DATAGRAM_BYTES, sent + 1)])
    }
    return near.arrivals.length === DATAGRAMS && far.arrivals.length === before + 1 + DATAGRAMS
  })
  for (let seed = 0; seed < DATAGRAMS; seed++) {
    expect(sameBytes(far.arrivals[before + 1 + seed]!.bytes, pattern(DATAGRAM_BYTES, seed))).toBe(true)
    expect(sameBytes(near.arrivals[seed]!.bytes, pattern(DATAGRAM_BYTES, seed + 1))).toBe(true)
  }
}
