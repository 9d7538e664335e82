import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import tls from 'node:tls'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Certificate, TestAuthority } from '../../../lab/certificates.js'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { TransportError } from '../../../src/core/api/errors.js'
import type { OptionGroups, TlsSettings } from '../../../src/core/settings/option-groups.js'
import type { TransportSettings } from '../../../src/core/settings/transport-settings.js'
import type { Clock } from '../../../src/core/time/clock.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { CertificatePin } from '../../../src/transports/net/certificate-pin.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { afterTest } from '../../support/after-test.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'
import { handMadeServer } from '../../support/hand-made-server.js'
import { limitedWait, patient } from '../../support/streams/dial-wait.js'
import { STREAM_WAYS, type StreamWay, testParts } from '../../support/streams/stream-test-parts.js'

const SECRET = 'canary-password'

/** How the connections of the test under way are carried. */
let carried: StreamWay['native']

describe.each(STREAM_WAYS)('WebSocketTransport $way, dialling', ({ native }) => {
  beforeEach(() => {
    carried = native
  })

  it('asks with its path, query, host and headers, and a login in the URL', async () => {
    const server = await answering(() => undefined)
    const headers = { Host: 'front.example', 'X-Extra': 'yes' }
    const settings = { localPort: 0, websocket: { headers } }
    const dialling = dial(`ws://me:${SECRET}@127.0.0.1:${server.port}/a/b?c=d`, settings).catch(() => {})
    await eventually(
      'it is asked',
      () => server.received[0],
      (text) => text?.endsWith('\r\n\r\n'),
    )
    const request = server.received[0]!
    expect(request).toMatch(/^GET \/a\/b\?c=d HTTP\/1\.1\r\n/)
    expect(request).toContain('Host: front.example\r\n')
    expect(request).toContain('X-Extra: yes\r\n')
    expect(request).toContain(`Authorization: Basic ${Buffer.from(`me:${SECRET}`).toString('base64')}\r\n`)
    expect(request).not.toMatch(/Sec-WebSocket-Extensions/i)
    server.close()
    await dialling
  })

  it('sends cookies again that the server set with its answer, behind those of its own headers', async () => {
    const server = await handMadeServer((socket, received) => {
      const [, key] = /Sec-WebSocket-Key: (\S+)/i.exec(received) ?? []
      if (key === undefined || !received.endsWith('\r\n\r\n')) return
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
      socket.write(
        `HTTP/1.1 101 Ok\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSet-Cookie: route=b2\r\nSet-Cookie: bad\r\n\r\n`,
      )
    })
    afterTest(() => server.close())
    const settings = { localPort: 0, websocket: { headers: { cookie: 'own=1' } } }
    const transport = new WebSocketTransport(settings, testParts({ native: carried }))
    for (const expected of ['own=1', 'own=1; route=b2']) {
      const link = await transport.dial(new URL(`ws://127.0.0.1:${server.port}/t`), new Recorder(), patient())
      afterTest(() => link.close())
      expect(/^cookie: (.*)\r$/im.exec(server.received.at(-1)!)?.[1]).toBe(expected)
    }
  })

  it('tells what the server answered instead, without a secret', async () => {
    const cases: [string, RegExp][] = [
      ['HTTP/1.1 404 Not\x1bFound\r\nContent-Length: 0\r\n\r\n', /: the server answered 404 Not Found$/],
      ['HTTP/1.1 302 Found\r\nLocation: /there\r\n\r\n', /: the server answered 302 Found$/],
      [
        `HTTP/1.1 302 Found\r\nLocation: http://elsewhere/?${SECRET}\r\n\r\n`,
        /: a login page is in the way: the upgrade was sent on to elsewhere$/,
      ],
      [
        'HTTP/1.1 101 Ok\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n',
        /: Invalid Sec-WebSocket-Accept header$/,
      ],
      ['garbage\r\n\r\n', /: the server sent something that is not HTTP \(HPE_\w+\)$/],
      [
        `HTTP/1.1 101 Ok\r\nX: ${'a'.repeat(20_000)}`,
        /: the server sent an answer of more than 16384 bytes$/,
      ],
      ['', /: the server closed the connection without an answer$/],
    ]
    for (const [answer, message] of cases) {
      const server = await answering(() => answer)
      const error = await dial(`ws://me:${SECRET}@127.0.0.1:${server.port}/`).catch((thrown: Error) => thrown)
      expect(error).toMatchObject({ code: 'ERR_TRANSPORT_DIAL', message: expect.stringMatching(message) })
      expect(`${String(error)} ${(error as Error).stack}`).not.toContain(SECRET)
      await eventually('the connection is gone', () => server.sockets[0]!.closed)
    }
  })

  it.each([
    [1008, 'no entry', 'code 1008: "no entry"'],
    [1008, `not by ${SECRET}`, 'code 1008: "not by"'],
    [1011, '', 'code 1011: an error of its own'],
    [4000, '', 'code 4000: without a reason'],
  ])(
    'tells that the server closed with %d and %j at once, though it leaves the connection open',
    async (code, words, why) => {
      const server = await handMadeServer((socket, received) => {
        if (!received.endsWith('\r\n\r\n')) return
        const key = /^Sec-WebSocket-Key: (.*)\r$/m.exec(received)![1]!
        const accept = createHash('sha1')
          .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
          .digest('base64')
        const lines = ['HTTP/1.1 101 Yes', 'Upgrade: websocket', 'Connection: Upgrade']
        socket.write(`${lines.join('\r\n')}\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`)
        const payload = Buffer.concat([Buffer.of(code >> 8, code & 0xff), Buffer.from(words)])
        socket.write(Buffer.concat([Buffer.of(0x88, payload.length), payload]))
      })
      afterTest(() => server.close())
      const endpoint = new URL(`ws://127.0.0.1:${server.port}/?${SECRET}`)
      const there = new Recorder()
      const transport = new WebSocketTransport({ localPort: 0 }, testParts({ native: carried }))
      const link = await transport.dial(endpoint, there, patient())
      afterTest(() => link.close())
      const [end] = await eventually(
        'it is told',
        () => there.ends,
        (ends) => ends.length > 0,
      )
      const { message, reason } = end!.error as TransportError
      const where = `ws://127.0.0.1:${server.port}`
      expect(message).toBe(`Cannot keep ${where}: the far end closed the WebSocket with ${why}`)
      expect(reason).toBe('websocket-closed')
    },
  )

  it('waits no more than 10 s for the answer', async () => {
    const clock = new VirtualClock()
    const server = await answering(() => undefined)
    const dialling = dial(`ws://127.0.0.1:${server.port}/`, { localPort: 0 }, { clock })
    const refused = expect(dialling).rejects.toThrow(
      /: the server accepted the connection and did not answer the upgrade to WebSocket in 10 s$/,
    )
    await eventually(
      'it is asked',
      () => server.received[0],
      (text) => text?.endsWith('\r\n\r\n'),
    )
    clock.advance(10_000)
    await refused
    expect(clock.pending).toBe(0)
    await eventually('the connection is gone', () => server.sockets[0]!.closed)
  })

  it('gives up when it is called off', async () => {
    const controller = new AbortController()
    const server = await answering(() => undefined)
    const dialling = dial(`ws://127.0.0.1:${server.port}/`, { localPort: 0 }, { signal: controller.signal })
    const refused = expect(dialling).rejects.toThrow(/: it was cancelled$/)
    await eventually(
      'it is asked',
      () => server.received[0],
      (text) => text?.endsWith('\r\n\r\n'),
    )
    controller.abort()
    await refused
    await eventually('the connection is gone', () => server.sockets[0]!.closed)
  })
})

describeWhere(['program openssl'], 'WebSocketTransport over TLS', () => {
  let authority: TestAuthority
  let other: TestAuthority
  beforeAll(() => {
    authority = new TestAuthority()
    other = new TestAuthority()
  })

  it('takes a certificate for another name that fits neither pin nor authorities for that of a login page', async () => {
    const box = other.issue('login.hotel.example')
    const known = new TestAuthority().issue('127.0.0.1')
    const pin = CertificatePin.of(new X509Certificate(known.cert))
    await expect(dialTls(box, { pin })).rejects.toMatchObject({
      reason: 'portal-certificate',
      message: expect.stringMatching(
        /came in place of the server's: it is signed by 'CN=Qanat test', for another name, and does not match the pin$/,
      ),
    })
    await expect(dialTls(box, { ca: authority.ca })).rejects.toMatchObject({
      reason: 'portal-certificate',
      message: expect.stringMatching(/: it is signed by 'CN=Qanat test', and for another name$/),
    })
    // By its own authority, and for its own name.
    const elsewhere = dialTls(authority.issue('front.example'), { ca: authority.ca })
    await expect(elsewhere).rejects.toMatchObject({ reason: 'certificate-name' })
    const renewed = dialTls(other.issue('127.0.0.1'), { pin })
    await expect(renewed).rejects.toMatchObject({ reason: 'certificate-pin' })
    await expect(dialTls(box, {})).rejects.toMatchObject({ reason: 'certificate-untrusted' })
  })

  it('refuses a certificate that has expired', async () => {
    await expect(dialTls(authority.issue('127.0.0.1', { days: -1 }), { ca: authority.ca })).rejects.toThrow(
      /^Cannot dial wss:\/\/127\.0\.0\.1:\d+: its certificate expired on \d{4}-\d\d-\d\d$/,
    )
  })

  it('refuses a certificate for another name', async () => {
    await expect(dialTls(authority.issue('vpn.example'), { ca: authority.ca })).rejects.toThrow(
      /: its certificate is for another name: IP: 127\.0\.0\.1 is not in the cert's list/,
    )
  })

  it('refuses a certificate of an authority that is not trusted', async () => {
    await expect(dialTls(authority.issue('127.0.0.1'), { ca: other.ca })).rejects.toThrow(
      /: its certificate is signed by 'CN=Qanat test', which is not trusted here$/,
    )
    await expect(dialTls(authority.issue('127.0.0.1'))).rejects.toThrow(/is not trusted here$/)
  })

  it('refuses a certificate whose key is not the pinned one, and offers no other pin to paste', async () => {
    const [mine, others] = [authority.issue('127.0.0.1'), authority.issue('127.0.0.1')]
    for (const ca of [undefined, authority.ca]) {
      await expect(dialTls(mine, { ca, pin: pinOf(others) })).rejects.toThrow(
        /its certificate, signed by 'CN=Qanat test', does not match the pin$/,
      )
    }
  })

  it('needs nothing but the pin, in base64 or hex', async () => {
    const certificate = authority.issue('nobody.example', { days: -1 })
    const pin = pinOf(certificate)
    for (const written of [
      pin,
      `sha256/${pin}`,
      `sha256//${pin}`,
      Buffer.from(pin, 'base64').toString('hex'),
    ]) {
      expect((await dialTls(certificate, { pin: written })).writable).toBe(true)
    }
  })

  it('asks for the pin and the authority where both are given', async () => {
    const certificate = authority.issue('127.0.0.1')
    await expect(dialTls(certificate, { ca: other.ca, pin: pinOf(certificate) })).rejects.toThrow(
      /is not trusted here$/,
    )
    await dialTls(certificate, { ca: authority.ca, pin: pinOf(certificate) })
  })

  it('asks for the name that it was told to, and expects that one', async () => {
    const certificate = authority.issue('front.example')
    const server = tls.createServer({ cert: certificate.cert, key: certificate.key }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const connection = once(server, 'secureConnection')
    const { port } = server.address() as { port: number }
    const dialling = dial(`wss://127.0.0.1:${port}/`, {
      localPort: 0,
      tls: { ca: authority.ca, serverName: 'front.example' },
    })
    const [socket] = (await connection) as [tls.TLSSocket]
    expect(socket.servername).toBe('front.example')
    expect(socket.alpnProtocol || 'http/1.1').toBe('http/1.1')
    socket.on('error', () => {}).destroy()
    await expect(dialling).rejects.toMatchObject({ code: 'ERR_TRANSPORT_DIAL' })
    server.close()
  })

  it('lists the cheapest suite first, and takes another one if the server has no other', async () => {
    const { cert, key } = authority.issue('127.0.0.1')
    for (const [ciphers, chosen] of [
      [tls.DEFAULT_CIPHERS, 'TLS_AES_128_GCM_SHA256'],
      ['TLS_AES_256_GCM_SHA384', 'TLS_AES_256_GCM_SHA384'],
    ] as const) {
      const server = tls.createServer({ cert, key, ciphers, honorCipherOrder: false }).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const connection = once(server, 'secureConnection')
      const { port } = server.address() as { port: number }
      const dialling = dial(`wss://127.0.0.1:${port}/`, { localPort: 0, tls: { ca: authority.ca } })
      const [socket] = (await connection) as [tls.TLSSocket]
      expect(socket.getCipher().name).toBe(chosen)
      socket.on('error', () => {}).destroy()
      await expect(dialling).rejects.toMatchObject({ code: 'ERR_TRANSPORT_DIAL' })
      server.close()
    }
  })

  it('chooses the cheapest suite of those that a client lists', async () => {
    const { cert, key } = authority.issue('127.0.0.1')
    const transport = new WebSocketTransport({ localPort: 0, tls: { cert, key } }, testParts())
    const listener = await transport.listen(new URL('wss://127.0.0.1:0/'), new Recorder())
    afterTest(() => listener.close())
    const socket = tls.connect({ host: '127.0.0.1', port: Number(listener.endpoint.port), ca: authority.ca })
    afterTest(() => socket.destroy())
    await once(socket, 'secureConnect')
    expect(socket.getCipher().name).toBe('TLS_AES_128_GCM_SHA256')
  })

  it('shows its own certificate where the server asks for one', async () => {
    const server = authority.issue('127.0.0.1')
    const mine = authority.issue('client')
    const demanding = { ...server, ca: authority.ca }
    const link = await dialTls(demanding, { ca: authority.ca, cert: mine.cert, key: mine.key })
    expect(link.writable).toBe(true)
    await expect(dialTls(demanding, { ca: authority.ca })).rejects.toMatchObject({
      code: 'ERR_TRANSPORT_DIAL',
    })
  })

  it('tells that the server speaks no TLS', async () => {
    const server = await handMadeServer((socket, received) => {
      if (received !== '') socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')
    })
    afterTest(() => server.close())
    await expect(dial(`wss://127.0.0.1:${server.port}/`)).rejects.toThrow(
      /^Cannot dial wss:.*: the answer is not TLS: /,
    )
  })

  it('refuses a pin that is none', () => {
    for (const pin of ['', 'abc', 'x'.repeat(44), '00'.repeat(31)]) {
      const create = () => new WebSocketTransport({ localPort: 0, tls: { pin } }, testParts())
      expect(create).toThrow(/^Cannot read the certificate pin/)
    }
  })
})

function pinOf({ cert }: Certificate): string {
  return CertificatePin.of(new X509Certificate(cert))
}

/** Dials a server of ours that has this certificate. */
async function dialTls(server: TlsSettings, client: TlsSettings = {}) {
  const { cert, key, ca } = server
  const transport = new WebSocketTransport({ localPort: 0, tls: { cert, key, ca } }, testParts())
  const listener = await transport.listen(new URL('wss://127.0.0.1:0/'), new Recorder())
  afterTest(() => listener.close())
  return dial(listener.endpoint.href, { localPort: 0, tls: client })
}

async function dial(
  endpoint: string,
  settings: TransportSettings & OptionGroups = { localPort: 0 },
  { clock = systemClock, signal }: { clock?: Clock; signal?: AbortSignal } = {},
) {
  const transport = new WebSocketTransport(settings, testParts({ native: carried, clock }))
  const limited = limitedWait(clock, endpoint)
  const wait = signal ? patient(signal) : limited
  const link = await transport.dial(new URL(endpoint), new Recorder(), wait).finally(() => limited.end())
  afterTest(() => link.close())
  return link
}

/** A server that gives the answer to each whole request, and closes where that is empty. */
async function answering(answer: () => string | undefined) {
  const server = await handMadeServer((socket, received) => {
    if (!received.endsWith('\r\n\r\n')) return
    const text = answer()
    if (text === '') socket.end()
    else if (text !== undefined) socket.write(text, 'latin1')
  })
  afterTest(() => server.close())
  return server
}
