import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { plainEgress } from '../../../src/transports/dialing/plain-egress.js'
import { type Resolved, unanswered } from '../../../src/transports/net/resolve.js'
import { eventually } from '../../support/eventually.js'
import { answering, challenge, drip, FORBIDDEN, OK, SECRET } from '../../support/streams/answering-proxy.js'

describe('an HTTP proxy', () => {
  it('is asked to connect to the name as it was given', async () => {
    const { proxy, open } = await answering(() => OK)
    const socket = await open('tcp://vpn.invalid:1337')
    expect(proxy.received[0]).toMatch(/^CONNECT vpn\.invalid:1337 HTTP\/1\.1\r\nHost: vpn\.invalid:1337\r\n/)
    expect(proxy.received[0]).toMatch(/\r\nUser-Agent: Qanat\r\nProxy-Connection: keep-alive\r\n/)
    expect(proxy.received[0]).not.toMatch(/authorization|close/i)
    socket.write('hello')
    await eventually(
      'the bytes arrive',
      () => proxy.received[0]!,
      (text) => text.endsWith('\r\n\r\nhello'),
    )
  })

  it('may have a name that nobody answers for yet', async () => {
    const names = { known: false }
    const resolve = async (url: URL): Promise<Resolved[]> => {
      expect(url.hostname).toBe('proxy.example.org')
      if (!names.known) throw unanswered(url.hostname)
      return [{ address: '127.0.0.1', family: 4 }]
    }
    const { open } = await answering(() => OK, {
      host: 'proxy.example.org',
      egress: { ...plainEgress, resolve },
    })
    await expect(open()).rejects.toMatchObject({
      code: 'ERR_NAME_SERVER',
      message: expect.stringMatching(
        /^Cannot reach the proxy http:\/\/proxy\.example\.org:\d+: Cannot resolve proxy\.example\.org: no name server answers$/,
      ),
    })
    names.known = true
    await open()
  })

  it('may have headers of a body in its consent, which has none, and is told apart from a page', async () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n'
    const { open } = await answering(() => head)
    await open('tcp://vpn.invalid:1337')
    const page = await answering(() => `${head}5\r\n<html\r\n`)
    await expect(page.open('tcp://vpn.invalid:1337')).rejects.toThrow(/web page/)
  })

  it('may cut an empty line before its answer within its end', async () => {
    const { open, proxy } = await answering(() => '\r\n\r')
    const opening = open('tcp://vpn.invalid:1337')
    await eventually('it is asked', () => proxy.received[0]?.endsWith('\r\n\r\n'))
    proxy.sockets[0]!.write(`\n${OK}`)
    await opening
  })

  it('may send the first bytes of a TCP stream right behind its answer', async () => {
    const { open } = await answering(() => `${OK}\0\x01x`)
    const socket = await open('tcp://vpn.invalid:1337')
    const [bytes] = await once(socket, 'data')
    expect(bytes.toString('latin1')).toBe('\0\x01x')
  })

  it('may not send bytes before an HTTP or TLS server could have spoken', async () => {
    const { open, proxy } = await answering(() => `${OK}garbage`)
    for (const endpoint of ['ws://vpn.invalid/', 'wss://vpn.invalid/']) {
      await expect(open(endpoint)).rejects.toThrow(
        `the proxy http://127.0.0.1:${proxy.port} sent unexpected bytes after its answer`,
      )
    }
  })

  it('is told as a login page when one answers in its place', async () => {
    const page = 'HTTP/1.1 302 Found\r\nLocation: http://login.hotel.example/\r\nContent-Length: 0\r\n\r\n'
    const { open, proxy } = await answering(() => page)
    await expect(open()).rejects.toMatchObject({
      reason: 'portal-redirect',
      message: `a login page is in the way: CONNECT at the proxy http://127.0.0.1:${proxy.port} was sent on to login.hotel.example`,
      page: 'http://login.hotel.example/',
    })
    const asks = await answering(() => 'HTTP/1.1 511 Log in\r\nContent-Length: 0\r\n\r\n')
    await expect(asks.open()).rejects.toMatchObject({ reason: 'portal-status' })
  })

  it('is told in its own words when it refuses', async () => {
    const answers = [
      'HTTP/1.1 403 Not in\x07my\x1b[31m house\r\nX-Squid-Error: ERR_ACCESS_DENIED 0\r\n\r\n',
      'HTTP/1.1 502 Bad Gateway\r\n\r\n',
    ]
    const { open } = await answering((_, number) => answers[number]!)
    await expect(open()).rejects.toThrow(/refused: 403 Not in my \[31m house \(ERR_ACCESS_DENIED 0\)$/)
    await expect(open()).rejects.toThrow(/refused: 502 Bad Gateway$/)
  })

  it('costs no time by blanks in a header, which no expression may try in all ways', async () => {
    // Ways to part them between three repetitions: more than 10¹¹.
    const { open } = await answering(() => `HTTP/1.1 403 No\r\nX:${' '.repeat(15_000)}\rx\r\n\r\n`)
    await expect(open()).rejects.toThrow(/refused: 403 No$/)
  })

  it('may not answer with garbage', async () => {
    for (const garbage of [
      'SSH-2.0-OpenSSH\r\n',
      '\0\x01\x02\x03',
      'HTTP/9.9 hello\r\n\r\n',
      'HTTP/1.1 099 x\r\n\r\n',
    ]) {
      const { open } = await answering(() => garbage)
      await expect(open()).rejects.toThrow(/answered CONNECT by something that is not HTTP$/)
    }
  })

  it('may not answer endlessly', async () => {
    const { open, proxy } = await answering(() => `HTTP/1.1 200 OK\r\nX-Long: ${'a'.repeat(20_000)}`)
    await expect(open()).rejects.toThrow(/sent an answer of more than 16384 bytes$/)
    await eventually('the connection is gone', () => proxy.sockets[0]!.closed)
  })

  it('may not keep anybody waiting for more than 10 s', async () => {
    const clock = new VirtualClock()
    const { open, proxy } = await answering(() => '', { clock })
    const opening = open()
    await eventually(
      'it is asked',
      () => proxy.received[0],
      (text) => text?.endsWith('\r\n\r\n'),
    )
    clock.advance(10_000)
    await expect(opening).rejects.toMatchObject({
      code: 'ERR_TRANSPORT_DIAL',
      message: `Cannot dial tcp://vpn.invalid:1337: the proxy http://127.0.0.1:${proxy.port} accepted the connection and did not answer CONNECT in 10 s`,
    })
    await eventually('the connection is gone', () => proxy.sockets[0]!.closed)
    expect(clock.pending).toBe(0)
  })

  it('may not close without an answer', async () => {
    const { open } = await answering((_, __, socket) => void socket.end())
    await expect(open()).rejects.toThrow(/closed the connection without an answer to CONNECT with the login$/)
  })

  it('is left alone when dialling is called off', async () => {
    const controller = new AbortController()
    const { open, proxy } = await answering(() => undefined)
    const opening = open(undefined, controller.signal)
    await eventually(
      'it is asked',
      () => proxy.received[0],
      (text) => text?.endsWith('\r\n\r\n'),
    )
    controller.abort()
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' })
    await eventually('the connection is gone', () => proxy.sockets[0]!.closed)
  })

  it('is named when it cannot be reached', async () => {
    const { open, proxy } = await answering(() => FORBIDDEN)
    proxy.close()
    await expect(open()).rejects.toThrow(
      `the proxy http://127.0.0.1:${proxy.port} cannot be used: connection refused`,
    )
  })

  it.each([
    [
      'interim answers before it',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
    ],
    ['a Content-Length', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n'],
    ['a Transfer-Encoding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['no reason', 'HTTP/1.0 200\r\n\r\n'],
    ['bare line feeds', 'HTTP/1.1 200 OK\nVia: x\n\n'],
    ['an empty line before it', '\r\nHTTP/1.1 200 OK\r\n\r\n'],
    ['folded and malformed headers', 'HTTP/1.1 204 OK\r\nA: b\r\n c\r\nX Bad: x\r\n\r\n'],
    ['an umlaut', 'HTTP/1.1 200 f\xfcr Sie\r\n\r\n'],
  ])('may connect with %s, in one piece or byte by byte', async (_, text) => {
    const whole = await answering(() => `${text}tail`)
    const dripping = await answering((_request, _number, socket) => void drip(socket, `${text}tail`))
    for (const { open } of [whole, dripping]) {
      const socket = await open()
      let read = ''
      socket.on('data', (chunk) => (read += chunk.toString('latin1')))
      await eventually('what follows is there', () => read === 'tail')
    }
  })

  it('may send eight interim answers at the most, of 16 KiB, and none for an upgrade', async () => {
    const interim = 'HTTP/1.1 100 Continue\r\n\r\n'
    await (await answering(() => interim.repeat(8) + OK)).open()
    const pads = `HTTP/1.1 102 x\r\nX: ${'a'.repeat(5_000)}\r\n\r\n`
    for (const [text, why] of [
      [interim.repeat(9) + OK, /sent more than 8 interim answers$/],
      [pads.repeat(4) + OK, /sent an answer of more than 16384 bytes$/],
      ['HTTP/1.1 101 Switching\r\n\r\n', /answered 101 to CONNECT, which is for an upgrade$/],
    ] as const) {
      await expect((await answering(() => text)).open()).rejects.toThrow(why)
    }
  })

  it('gets the headers that are asked for, in place of its own', async () => {
    const headers = { 'user-agent': 'Mozilla/5.0', 'X-Tenant': 'one' }
    const { open, requests } = await answering(() => OK, { settings: { headers } })
    await open()
    expect(requests[0]).toMatch(/\r\nuser-agent: Mozilla\/5\.0\r\nX-Tenant: one$/)
    expect(requests[0]).not.toContain('Qanat')
  })

  it('may end in the middle of its answer', async () => {
    const { open } = await answering((_, __, socket) => void socket.end('HTTP/1.1 2'))
    await expect(open()).rejects.toThrow(/closed the connection in the middle of its answer to CONNECT$/)
  })

  it('never has its password in a message', async () => {
    for (const answer of [FORBIDDEN, challenge('Basic realm="x"'), 'garbage', challenge('NTLM')]) {
      const { open } = await answering(() => answer)
      const error = await open().catch((thrown: Error) => thrown)
      expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain(SECRET)
    }
  })
})
