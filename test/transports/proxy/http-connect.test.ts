import { once } from 'node:events'
import type net from 'node:net'
import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { Clock } from '../../../src/core/time/clock.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { Dialer } from '../../../src/transports/dialing/dialer.js'
import { plainEgress } from '../../../src/transports/dialing/plain-egress.js'
import type { Egress } from '../../../src/transports/net/egress.js'
import { type Resolved, unanswered } from '../../../src/transports/net/resolve.js'
import { afterTest } from '../../support/after-test.js'
import { eventually } from '../../support/eventually.js'
import { type HandMadeServer, handMadeServer } from '../../support/hand-made-server.js'
import { limitedWait } from '../../support/streams/dial-wait.js'

const SECRET = 'canary-password'
const OK = 'HTTP/1.1 200 Connection established\r\n\r\n'
const FORBIDDEN = 'HTTP/1.1 403 Forbidden\r\n\r\n'

describe('an HTTP proxy', () => {
  it('is asked to connect to the name as it was given', async () => {
    const { proxy, open } = await answering(() => OK)
    const socket = await open('tcp://vpn.invalid:1337')
    expect(proxy.received[0]).toMatch(/^CONNECT vpn\.invalid:1337 HTTP\/1\.1\r\nHost: vpn\.invalid:1337\r\n/)
    expect(proxy.received[0]).not.toMatch(/authorization/i)
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
      message: 'Cannot resolve proxy.example.org: no name server answers',
    })
    names.known = true
    await open()
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

  it('is told in its own words when it refuses', async () => {
    const answers = [
      'HTTP/1.1 403 Not in\x07my\x1b[31m house\r\nX-Squid-Error: ERR_ACCESS_DENIED 0\r\n\r\n',
      'HTTP/1.1 502 Bad Gateway\r\n\r\n',
    ]
    const { open } = await answering((_, connection) => answers[connection]!)
    await expect(open()).rejects.toThrow(/refused: 403 Not in my \[31m house \(ERR_ACCESS_DENIED 0\)$/)
    await expect(open()).rejects.toThrow(/refused: 502 Bad Gateway$/)
  })

  it('gets a Basic login where it offers nothing better', async () => {
    const { open, proxy } = await answering((request) =>
      /authorization/i.test(request) ? OK : challenge('Basic realm="x"'),
    )
    await open()
    expect(proxy.received[0]).not.toMatch(/authorization/i)
    const login = Buffer.from(`user:${SECRET}`).toString('base64')
    expect(proxy.received[1]).toContain(`Proxy-Authorization: Basic ${login}\r\n`)
  })

  it('gets no password where it offers Digest, too', async () => {
    const { open, proxy } = await answering((request) =>
      /authorization/i.test(request)
        ? OK
        : challenge('Basic realm="x"', 'Digest realm="x", nonce="n", qop="auth"'),
    )
    await open()
    expect(proxy.received[1]).toMatch(
      /Proxy-Authorization: Digest username="user", .*uri="vpn\.invalid:1337"/,
    )
  })

  it('may say that a nonce has expired', async () => {
    const nonces = ['one', 'two']
    const { open, proxy } = await answering((_, connection) =>
      connection < 2
        ? challenge(
            `Digest realm="x", nonce="${nonces[connection]}", qop="auth"${connection ? ', stale=TRUE' : ''}`,
          )
        : OK,
    )
    await open()
    expect(proxy.received[2]).toContain('nonce="two"')
  })

  it('is asked three times at most', async () => {
    const { open, proxy } = await answering(() => challenge('Digest realm="x", nonce="n", stale=true'))
    await expect(open()).rejects.toThrow(/keeps asking for a password$/)
    expect(proxy.sockets).toHaveLength(3)
  })

  it('is told to have refused a password', async () => {
    for (const offer of ['Basic realm="x"', 'Digest realm="x", nonce="n"']) {
      const { open } = await answering(() => challenge(offer))
      await expect(open()).rejects.toThrow(/rejected the user name and the password$/)
    }
  })

  it('is told to want a password where none was given', async () => {
    const { open } = await answering(() => challenge('Basic realm="x"'), { login: '' })
    await expect(open()).rejects.toThrow(
      /requires a user name and a password: give them as http:\/\/user:password@host:port$/,
    )
  })

  it('is named with a egress where it wants NTLM or Kerberos', async () => {
    const { open } = await answering(() => challenge('Negotiate', 'NTLM'))
    await expect(open()).rejects.toThrow(/wants a login by negotiate, ntlm, .* run cntlm or px on this host/)
  })

  it('may not answer with garbage', async () => {
    for (const garbage of ['SSH-2.0-OpenSSH\r\n', '\0\x01\x02\x03', 'HTTP/9.9 hello\r\n\r\n']) {
      const { open } = await answering(() => garbage)
      await expect(open()).rejects.toThrow(/sent something that is not HTTP \(HPE_\w+\)$/)
    }
  })

  it('may not answer endlessly', async () => {
    const { open, proxy } = await answering(() => `HTTP/1.1 200 OK\r\nX-Long: ${'a'.repeat(20_000)}`)
    await expect(open()).rejects.toThrow(/sent an answer of more than 16384 bytes$/)
    await eventually('the connection is gone', () => proxy.sockets[0]!.closed)
  })

  it('may not keep anybody waiting for more than 10 s', async () => {
    const clock = new VirtualClock()
    const { open, proxy } = await answering(() => 'HTTP/1.1 20', { clock })
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
    await expect(open()).rejects.toThrow(/closed the connection without an answer$/)
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

  it('never has its password in a message', async () => {
    for (const answer of [FORBIDDEN, challenge('Basic realm="x"'), 'garbage', challenge('NTLM')]) {
      const { open } = await answering(() => answer)
      const error = await open().catch((thrown: Error) => thrown)
      expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain(SECRET)
    }
  })
})

function challenge(...offers: string[]): string {
  const headers = offers.map((offer) => `Proxy-Authenticate: ${offer}\r\n`).join('')
  return `HTTP/1.1 407 Proxy Authentication Required\r\n${headers}Content-Length: 4\r\n\r\nbody`
}

type Answer = (request: string, connection: number, socket: net.Socket) => string | undefined

/** A proxy that gives the answer to each whole request. */
async function answering(
  answer: Answer,
  {
    login = `user:${SECRET}@`,
    clock = systemClock,
    host = '127.0.0.1',
    egress = plainEgress,
  }: { login?: string; clock?: Clock; host?: string; egress?: Egress } = {},
) {
  const proxy: HandMadeServer = await handMadeServer((socket, received, connection) => {
    if (!received.endsWith('\r\n\r\n')) return
    const text = answer(received, connection, socket)
    if (text !== undefined) socket.write(text, 'latin1')
  })
  afterTest(() => proxy.close())
  const opener = new Dialer(
    { localPort: 0, proxy: { url: new URL(`http://${login}${host}:${proxy.port}`) } },
    { clock, tune() {}, egress, native: undefined },
  )
  const open = async (endpoint = 'tcp://vpn.invalid:1337', signal?: AbortSignal) => {
    const wait = limitedWait(clock, endpoint)
    const opening = opener.open(new URL(endpoint), { ...wait, ...(signal && { signal }) })
    const socket = await opening.finally(() => wait.end())
    afterTest(() => socket.destroy())
    return socket
  }
  return { proxy, open }
}
