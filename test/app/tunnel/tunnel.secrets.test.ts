import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { createContainer } from '../../../src/app/container.js'
import { addPlugin } from '../../../src/app/plugins/plugins.js'
import { Tunnel } from '../../../src/app/tunnel/tunnel.js'
import { reportOf } from '../../../src/cli/status/report.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { ask } from '../../../src/control/client.js'
import { ControlServer } from '../../../src/control/server.js'
import { SOLE_PEER, type TunnelConfig } from '../../../src/core/api/config.js'
import { TransportError } from '../../../src/core/api/errors.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { redactingLogger } from '../../../src/core/api/redacting-logger.js'
import type { LinkHandlers } from '../../../src/core/api/transport.js'
import { CLOCK } from '../../../src/core/injection/tokens.js'
import { EVERYTHING } from '../../../src/core/ip/ip-prefix.js'
import { NO_HOOKS } from '../../../src/core/settings/host-settings.js'
import type { TlsSettings } from '../../../src/core/settings/option-groups.js'
import type { ProxySettings } from '../../../src/core/settings/transport-settings.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { HostChanges } from '../../../src/host/host-changes.js'
import { afterTest } from '../../support/after-test.js'
import { SECRET_END, Seen, withLogin, withSecrets } from '../../support/core/canaries.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'
import { type HandMadeServer, handMadeServer } from '../../support/hand-made-server.js'

const KEY = Buffer.alloc(32, 7).toString('base64')
const never = new AbortController().signal

let seen: Seen
beforeEach(() => {
  seen = new Seen()
})

/** What one end of a tunnel has, besides its key. */
interface End {
  readonly endpoints?: readonly string[]
  readonly listen?: readonly string[]
  readonly proxy?: ProxySettings
  readonly tls?: TlsSettings
}

/** A tunnel whose log lines, statuses and errors are all seen. */
async function start({ endpoints = [], listen = [], proxy, tls }: End) {
  const lines: string[] = []
  const note = (message: string, fields?: unknown) => {
    lines.push(message)
    seen.add(message, fields ?? {})
  }
  const log = redactingLogger({ debug: note, info: note, warn: note, error: note })
  const config: TunnelConfig = {
    cipher: 'aes-256-gcm',
    key: KEY,
    peers: [{ id: SOLE_PEER, allowed: EVERYTHING, endpoints: endpoints.map((text) => new URL(text)) }],
    tunDriver: 'memory',
    tun: { name: undefined, mtu: 1420, addresses: [], routes: [] },
    listen: listen.map((text) => new URL(text)),
    transports: { proxy: proxy ?? { url: 'none' }, groups: { tls } },
    plugins: [],
  }
  const container = await createContainer(log, [])
  try {
    const tunnel = await Tunnel.start(container, config, never)
    afterTest(() => tunnel.close())
    const status = () => {
      const known = { file: '/etc/qanat/wg0.toml', pid: 1, ...tunnel.status() }
      seen.add(known, reportOf(known, Date.now()).join('\n'))
      return known
    }
    return { tunnel, status, lines }
  } catch (thrown) {
    seen.add(thrown)
    return undefined
  }
}

/** A server, and where it listens. */
async function server(listen: string, tls?: TlsSettings) {
  const end = (await start({ listen: [listen], ...(tls && { tls }) }))!
  return { ...end, port: new URL(end.status().listen[0]!).port }
}

/** Dials until it is reached, or is known not to be; looks at the status then. */
async function dial(end: End): Promise<void> {
  const dialled = await start(end)
  if (dialled === undefined) return
  await eventually('the endpoint answers, or does not', () =>
    dialled.lines.some((line) => line === 'peer is reached' || line === 'endpoint does not answer'),
  )
  dialled.status()
}

/** Says back all that it was told, as words of its own, once a request is whole. */
async function parrot(status: string, header = ''): Promise<HandMadeServer> {
  const made = await handMadeServer((socket, received) => {
    const head = received.indexOf('\r\n\r\n')
    const body = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0)
    if (head < 0 || received.length < head + 4 + body) return
    const words = received.slice(0, head + 4).replace(/\s+/g, ' ')
    const login = /authorization: \w+ (\S+)/i.exec(received)?.[1] ?? ''
    socket.end(
      `HTTP/1.1 ${status} ${login} ${words}\r\n${header}${header && login}\r\nContent-Length: 0\r\n\r\n`,
    )
  })
  afterTest(() => made.close())
  return made
}

describe('a URL with secrets in it shows none of them', () => {
  it.each(['tcp', 'ws', 'http'])('where %s listens, is dialled, is reached and is lost', async (scheme) => {
    const listening = await server(withLogin(`${scheme}://127.0.0.1:0/door`))
    const place = `${scheme}://127.0.0.1:${listening.port}/door`
    const dialled = (await start({ endpoints: [withSecrets(place)] }))!
    await eventually(
      'the peer is reached',
      () => dialled.lines,
      (all) => all.includes('peer is reached'),
    )
    await eventually('it is known there', () => listening.status().peers[0]!.remote)
    expect(dialled.status().peers[0]).toMatchObject({ endpoint: place, endpoints: [place], remote: place })
    await listening.tunnel.close()
    await eventually(
      'the link is lost',
      () => dialled.lines,
      (all) => all.includes('link lost'),
    )
    dialled.status()
    seen.expectNoSecret(place)
  })

  it('where UDP listens and is dialled', async () => {
    const listening = await server(withSecrets('udp://127.0.0.1:0/door'))
    await dial({ endpoints: [withSecrets(`udp://127.0.0.1:${listening.port}/door`)] })
    await eventually('it is known there', () => listening.status().peers[0]!.remote)
    seen.expectNoSecret(`udp://127.0.0.1:${listening.port}`)
  })

  it.each(['tcp', 'ws', 'wss', 'http', 'https'])(
    'where %s is to listen with the query of a client',
    async (scheme) => {
      const place = `${scheme}://127.0.0.1:0/door`
      for (const query of [SECRET_END, '?canary%20user']) {
        expect(await start({ listen: [withLogin(place) + query] })).toBeUndefined()
      }
      seen.expectNoSecret(place)
    },
  )

  it.each(['tcp', 'ws', 'wss', 'http', 'https', 'udp', 'memory'])(
    'where %s cannot listen',
    async (scheme) => {
      const taken = createServer()
      await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
      afterTest(() => taken.close())
      const { port } = taken.address() as { port: number }
      // What UDP cannot have is the address, and what wss and https lack is a certificate.
      const host = scheme === 'udp' ? '192.0.2.1' : '127.0.0.1'
      const place = `${scheme}://${host}:${port}/door`
      const endpoint = scheme === 'udp' || scheme === 'memory' ? withSecrets(place) : withLogin(place)
      expect(await start({ listen: scheme === 'memory' ? [endpoint, endpoint] : [endpoint] })).toBeUndefined()
      seen.expectNoSecret(`${scheme}://${host}:${port}`)
    },
  )

  it.each(['tcp', 'ws', 'wss', 'http', 'https', 'udp'])('where %s cannot be dialled', async (scheme) => {
    const host = scheme === 'udp' ? 'vpn.invalid' : '127.0.0.1:1'
    await dial({ endpoints: [withSecrets(`${scheme}://${host}/door`)] })
    seen.expectNoSecret(`${scheme}://${host}`)
  })

  it.each([
    ['ws', 'the server answered 403'],
    ['http', 'the server answered a post by 403'],
  ])('where a server of %s answers what it was told', async (scheme, answer) => {
    const { port } = await parrot('403')
    await dial({ endpoints: [withSecrets(`${scheme}://127.0.0.1:${port}/door`)] })
    seen.expectNoSecret(`${scheme}://127.0.0.1:${port}/door`, answer)
  })

  it.each([
    ['refuses with all it was told', '403', ''],
    ['wants a login that it takes from what it was told', '407', 'Proxy-Authenticate: Basic realm="x", '],
  ])('where a proxy %s', async (_how, status, header) => {
    const asks = 'HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'
    const repeats = await parrot(status, header)
    const proxy = await handMadeServer((socket, received) => {
      if (received.endsWith('\r\n\r\n') && !/authorization/i.test(received)) socket.end(asks)
      else if (received.endsWith('\r\n\r\n')) {
        const words = /authorization: \w+ (\S+)/i.exec(received)![1]!
        const head = `HTTP/1.1 ${status} ${words} ${received.replace(/\s+/g, ' ')}\r\n`
        socket.end(
          `${head}${header === '' ? '' : `Proxy-Authenticate: ${words}\r\n`}Content-Length: 0\r\n\r\n`,
        )
      }
    })
    afterTest(() => proxy.close())
    for (const { port } of [proxy, repeats]) {
      const url = new URL(withLogin(`http://127.0.0.1:${port}`))
      await dial({ endpoints: [withSecrets('ws://vpn.invalid/door')], proxy: { url } })
    }
    seen.expectNoSecret('ws://vpn.invalid/door', `the proxy http://127.0.0.1:${proxy.port}`)
  })

  it.each(['http', 'https', 'socks5'])('where a proxy of %s cannot be reached', async (scheme) => {
    const url = new URL(withLogin(`${scheme}://127.0.0.1:1`))
    await dial({ endpoints: [withSecrets('ws://vpn.invalid/door')], proxy: { url } })
    const environment = { HTTPS_PROXY: withLogin(`${scheme}://127.0.0.1:1`) }
    await dial({ endpoints: [withSecrets('tcp://vpn.invalid/door')], proxy: { environment } })
    seen.expectNoSecret(`the proxy ${scheme}://127.0.0.1:1`)
  })

  it.each(['http', 'socks5'])('where the tunnel goes through a proxy of %s', async (scheme) => {
    const listening = await server(withLogin('tcp://127.0.0.1:0/door'))
    const proxy = await forwarder(scheme, Number(listening.port))
    const endpoint = `tcp://127.0.0.1:${listening.port}/door`
    const url = new URL(withLogin(`${scheme}://127.0.0.1:${proxy.port}`))
    await dial({ endpoints: [withSecrets(endpoint)], proxy: { url } })
    await eventually('it is known there', () => listening.status().peers[0]!.remote)
    seen.expectNoSecret(endpoint)
  })

  it.each([
    ...['ftp', 'none', 'http'].map((scheme) => withLogin(`${scheme}://:1`)),
    withLogin('http://host:99999'),
    withSecrets('ftp://host'),
    'http://%zz canary:canary@host',
  ])('where a proxy of the environment is none, case %#', async (text) => {
    await dial({ endpoints: ['tcp://vpn.invalid:1'], proxy: { environment: { ALL_PROXY: text } } })
    seen.expectNoSecret('ALL_PROXY')
  })

  it.each(['pac+https', 'pac+http'])(
    'where a PAC file of %s cannot be fetched, or is none',
    async (scheme) => {
      const place = `${scheme}://127.0.0.1:1/proxy.pac`
      const further = [new URL(withLogin('http://127.0.0.1:2'))]
      for (const url of [place + SECRET_END, withSecrets(place)].map((text) => new URL(text)))
        await dial({ endpoints: [withSecrets('ws://vpn.invalid/door')], proxy: { url, further } })
      seen.expectNoSecret('ws://vpn.invalid/door', `the PAC file ${place} cannot be`, 'a login stands before')
    },
  )

  it('in the answers of a running tunnel, and in what it answers that is an error', async () => {
    const folder = temporaryFolder()
    const listening = await server(withLogin('tcp://127.0.0.1:0/door'))
    const path = join(folder, 'socket')
    const fail = () => {
      throw new TransportError(`Cannot dial ${withSecrets('unix://host/door')}: no`, { code: 'ERR_CONTROL' })
    }
    const handlers = {
      status: () => listening.tunnel.status(),
      look: fail,
      reload: fail,
      login: fail,
      down: fail,
    }
    const control = await ControlServer.listen(path, handlers, silentLogger)
    afterTest(() => control.close())
    seen.add(await ask(path, 'it', 'status'), await ask(path, 'it', 'reload').catch((thrown) => thrown))
    seen.expectNoSecret(`tcp://127.0.0.1:${listening.port}/door`, 'Cannot dial unix://…@host/door?…: no')
  })

  it('in the commands of hooks, what they say and how they fail, and in the journal', async () => {
    const folder = temporaryFolder()
    const journal = join(folder, 'wg0.journal')
    const note = (message: string, fields?: unknown) => seen.add(message, fields ?? {})
    const log = redactingLogger({ debug: note, info: note, warn: note, error: note })
    const command = `echo '${withSecrets('https://hooks.example/up')}'`
    const host = await HostChanges.prepare({
      settings: {
        fullTunnel: { ipv4: false, ipv6: false },
        killSwitch: false,
        underlayRoutes: true,
        dns: { servers: [], search: [] },
        hooks: { ...NO_HOOKS, preUp: [command, `${command}; exit 1`], postDown: [command] },
        forward: false,
        nat: false,
      },
      addresses: [],
      journal,
      lookUp: async () => new Map(),
      log,
      clock: systemClock,
    })
    seen.add(await host.deviceMade('qanat9').catch((thrown) => thrown))
    seen.add(readFileSync(journal, 'utf8'))
    await host.restore(true)
    seen.expectNoSecret('https://…@hooks.example/up?…', 'Cannot run PreUp', 'PostDown')
  })
})

describeWhere(['program openssl'], 'a URL with secrets in it shows none of them over TLS', () => {
  let authority: TestAuthority
  beforeAll(() => {
    authority = new TestAuthority()
  })
  it.each(['wss', 'https'])('where %s is trusted, and where it is not', async (scheme) => {
    const { cert, key } = authority.issue('127.0.0.1')
    const listening = await server(withLogin(`${scheme}://127.0.0.1:0/door`), { cert, key })
    const place = `${scheme}://127.0.0.1:${listening.port}/door`
    await dial({ endpoints: [withSecrets(place)], tls: { ca: authority.ca } })
    await eventually('it is known there', () => listening.status().peers[0]!.remote)
    await dial({ endpoints: [withSecrets(place)] })
    seen.expectNoSecret(place, 'is not trusted here')
  })
})

describe('a plugin that shows its endpoint whole', () => {
  it('is shown redacted', async () => {
    const clock = new VirtualClock()
    const note = (message: string, fields?: unknown) => seen.add(message, fields ?? {})
    const log = redactingLogger({ debug: note, info: note, warn: note, error: note })
    const container = await createContainer(log, [])
    container.register(CLOCK, { useValue: clock })
    const chatty = {
      summary: 'for a test',
      create: () => ({
        async dial(endpoint: URL, handlers: LinkHandlers) {
          log.info(`dialling ${endpoint}`, { endpoint, list: [endpoint.href] })
          if (endpoint.hostname === 'bad')
            throw new TransportError(`Cannot dial ${endpoint}: no`, { code: 'ERR_TRANSPORT_DIAL' })
          const link = {
            remote: endpoint.href,
            source: new Uint8Array(),
            maxDatagram: 9000,
            stream: true,
            writable: true,
            drops: {},
            send() {},
            async close() {},
          }
          setImmediate(() => handlers.receive(link, [Uint8Array.of(0x63, 0x72, 0x61, 0x70, 0, 1, 0, 0, 0)]))
          return link
        },
        async listen(endpoint: URL) {
          return { endpoint, async close() {} }
        },
      }),
    }
    addPlugin(container, { api: 1, name: 'chatty', transports: { chatty } }, 'chatty')
    const [bad, good] = ['chatty://bad:1/door', 'chatty://good:1/door'].map(
      (text) => new URL(withSecrets(text)),
    )
    const tunnel = await Tunnel.start(
      container,
      {
        cipher: 'xor',
        key: '12',
        peers: [{ id: SOLE_PEER, allowed: EVERYTHING, endpoints: [bad!, good!] }],
        tunDriver: 'memory',
        tun: { name: undefined, mtu: 1420, addresses: [], routes: [] },
        listen: [bad!],
        plugins: [],
      },
      never,
    )
    afterTest(() => tunnel.close())
    await eventually('something comes', () => tunnel.status().peers[0]!.remote, 'chatty://…@good:1/door?…')
    seen.add(tunnel.status())
    seen.expectNoSecret('chatty://bad:1/door', 'chatty://good:1/door')
  })
})

/** Bytes of what a SOCKS5 client says first. */
const SOCKS_GREETING = 4

/** A proxy that lets everything through to a port of this host, whoever asks. */
async function forwarder(scheme: string, port: number): Promise<HandMadeServer> {
  const made = await handMadeServer((socket, received) => {
    const through = (answer: string) => {
      socket.write(answer, 'latin1')
      const far = connect(port, '127.0.0.1')
      socket.removeAllListeners('data')
      socket.pipe(far).pipe(socket)
      far.on('error', () => {})
      afterTest(() => far.destroy())
    }
    if (scheme === 'http') {
      if (received.endsWith('\r\n\r\n')) through('HTTP/1.1 200 Ok\r\n\r\n')
    } else if (received.includes('\x05\x01\0')) through('\x05\0\0\x01\0\0\0\0\0\0')
    else if (received.length === SOCKS_GREETING) socket.write('\x05\x02', 'latin1')
    else if (received !== '') socket.write('\x01\0', 'latin1')
  })
  afterTest(() => made.close())
  return made
}
