import type net from 'node:net'
import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { eventually } from '../../support/eventually.js'
import { answering, BASIC, challenge, OK } from '../../support/streams/answering-proxy.js'

describe('an HTTP proxy', () => {
  it('gets a Basic login where it offers nothing better', async () => {
    const { open, requests } = await answering((request) =>
      /authorization/i.test(request) ? OK : challenge('Basic realm="x"'),
    )
    await open()
    expect(requests[0]).not.toMatch(/authorization/i)
    expect(requests[1]).toContain(BASIC)
  })

  it('gets no password where it offers Digest, too', async () => {
    const { open, requests } = await answering((request) =>
      /authorization/i.test(request)
        ? OK
        : challenge('Basic realm="x"', 'Digest realm="x", nonce="n", qop="auth"'),
    )
    await open()
    expect(requests[1]).toMatch(/Proxy-Authorization: Digest username="user", .*uri="vpn\.invalid:1337"/)
  })

  it.each([401, 407])('is known to want a login once it answered %d', async (status) => {
    const { open, proxy, proxyLogins } = await answering(
      () => `HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`,
      { login: '' },
    )
    const at = { url: new URL(`http://127.0.0.1:${proxy.port}`), credentials: undefined }
    const asks = () => proxyLogins.asks(at as never)
    expect(asks()).toBe(false)
    await expect(open()).rejects.toThrow()
    expect(asks()).toBe(true)
  })

  it('may say that a nonce has expired', async () => {
    const nonces = ['one', 'two']
    const { open, requests } = await answering((_, number) =>
      number < 2
        ? challenge(`Digest realm="x", nonce="${nonces[number]}", qop="auth"${number ? ', stale=TRUE' : ''}`)
        : OK,
    )
    await open()
    expect(requests[2]).toContain('nonce="two"')
  })

  it('is asked five times at most', async () => {
    const { open, requests } = await answering(() => challenge('Digest realm="x", nonce="n", stale=true'))
    await expect(open()).rejects.toThrow(/keeps asking for a password$/)
    expect(requests).toHaveLength(5)
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

  it.each([
    ['its length', 'Content-Length: 4\r\n\r\nbody', 1],
    ['chunks', 'Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n2;x=y\r\nok\r\n0\r\nX: y\r\n\r\n', 1],
    ['no body', 'Content-Length: 0\r\n\r\n', 1],
    ['nothing that ends it', '\r\nbody', 2],
    ['two lengths', 'Content-Length: 4\r\nContent-Length: 5\r\n\r\nbody', 2],
    ['a length and chunks', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 2],
    ['malformed chunks', 'Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n', 2],
    ['too long a body', `Content-Length: 70000\r\n\r\n${'x'.repeat(70_000)}`, 2],
    ['the wish to close', 'Connection: close\r\nContent-Length: 4\r\n\r\nbody', 2],
  ])(
    'is asked again by the same connection if its 407 can be read over: %s',
    async (_, behind, connections) => {
      const refusal = `HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm="x"\r\n${behind}`
      const { open, proxy, requests } = await answering((request) => (request.includes(BASIC) ? OK : refusal))
      await open()
      expect(requests).toHaveLength(2)
      expect(proxy.sockets).toHaveLength(connections)
    },
  )

  it('is not waited for if it announces a body and sends none', async () => {
    const clock = new VirtualClock()
    const refusal = 'HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 4\r\n\r\n'
    const { open, proxy, requests } = await answering((request) => (request.includes(BASIC) ? OK : refusal), {
      clock,
    })
    const opening = open()
    await eventually('the body is waited for', () => {
      if (requests.length === 1) clock.advance(100)
      return requests.length === 2
    })
    await opening
    expect(proxy.sockets).toHaveLength(2)
  })

  it('may close a connection that it kept', async () => {
    const { open, proxy } = await answering((request, number, socket) => {
      if (number === 1) socket.end()
      else return request.includes(BASIC) ? OK : challenge('Basic realm="x"')
    })
    await open()
    expect(proxy.sockets).toHaveLength(2)
  })

  it.each([
    ['401', () => 'HTTP/1.1 401 Who\r\nContent-Length: 0\r\n\r\n'],
    ['a 407 without a challenge', () => 'HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n'],
    ['a challenge that nobody can read', () => challenge('="')],
    ['a close', (socket: net.Socket) => void socket.end()],
  ])('gets a Basic login once after %s', async (_, refuse) => {
    const { open, requests } = await answering((request, __, socket) =>
      request.includes(BASIC) ? OK : refuse(socket),
    )
    await open()
    expect(requests.map((request) => request.includes(BASIC))).toEqual([false, true])
    await open()
    expect(requests[2]).toContain(BASIC)
  })

  it('gets no Basic login once it offered Digest, whatever it says then', async () => {
    for (const refuse of [
      () => 'HTTP/1.1 401 Who\r\nContent-Length: 0\r\n\r\n',
      () => challenge('Basic realm="x"'),
      (socket: net.Socket) => void socket.end(),
    ]) {
      const { open, requests } = await answering((_, number, socket) => {
        if (number === 0) return challenge('Digest realm="x", nonce="n"')
        return number === 1 ? OK : refuse(socket)
      })
      await open()
      await expect(open()).rejects.toThrow()
      await expect(open()).rejects.toThrow()
      expect(requests.join()).not.toContain('Basic')
    }
  })

  it('is told the login at once on later connections, by Digest under the next number', async () => {
    const { open, requests } = await answering((request) =>
      /authorization/i.test(request) ? OK : challenge('Digest realm="x", nonce="n", qop="auth"'),
    )
    for (let times = 0; times < 3; times++) await open()
    const numbers = requests.map((request) => /nc=(\d+)/.exec(request)?.[1])
    expect(numbers).toEqual([undefined, '00000001', '00000002', '00000003'])
  })

  it('may want another nonce on a later connection, which costs no try', async () => {
    const { open, requests } = await answering((request, number) => {
      if (/nonce="one"/.test(request) && number > 1)
        return challenge('Digest realm="x", nonce="two", stale=true')
      return /authorization/i.test(request) ? OK : challenge('Digest realm="x", nonce="one"')
    })
    for (let times = 0; times < 2; times++) await open()
    expect(requests.at(-1)).toContain('nonce="two"')
    expect(requests).toHaveLength(4)
  })

  it.each([
    ['basic', ['Basic realm="x"'], [true], undefined],
    ['basic', ['Digest realm="x", nonce="n"', 'Basic realm="x"'], [true], undefined],
    ['digest', ['Basic realm="x"'], [false], /offers basic, and proxy-auth is "digest"$/],
    ['digest', [], [false], /asks for a login and offers no way, and proxy-auth is "digest"$/],
  ] as const)('is told by proxy-auth = %j what it offers as %j', async (auth, offers, basics, why) => {
    const { open, requests } = await answering(
      (request) => (request.includes(BASIC) ? OK : challenge(...offers)),
      { settings: { auth } },
    )
    if (why === undefined) await open()
    else await expect(open()).rejects.toThrow(why)
    expect(requests.map((request) => request.includes(BASIC))).toEqual(basics)
  })

  it.each([
    ['Basic', 'Basic realm="x"'],
    ['Digest', 'Digest realm="x", nonce="n"'],
  ])(
    'is told a wrong password by %s twice in a day, by two connections, until it is asked anew',
    async (_, offer) => {
      const clock = new VirtualClock()
      const { open, proxy, proxyLogins, requests } = await answering(() => challenge(offer), { clock })
      const told = () => requests.filter((request) => /authorization/i.test(request)).length
      await expect(open()).rejects.toThrow(/rejected the user name and the password$/)
      expect(told()).toBe(2)
      expect(proxy.sockets).toHaveLength(2)
      const many = Array.from({ length: 20 }, () => open().catch(String))
      for (const why of await Promise.all(many))
        expect(why).toMatch(/before; they are not tried again until a reload/)
      for (let hours = 0; hours < 24; hours++) {
        clock.advance(3_600_000)
        await open().catch(() => {})
      }
      expect(told()).toBe(2)
      proxyLogins.forgive()
      await open().catch(() => {})
      expect(told()).toBe(4)
    },
  )

  it('is told a wrong password twice by all who dial at once', async () => {
    const { open, requests } = await answering(() => challenge('Basic realm="x"'))
    await Promise.allSettled(Array.from({ length: 5 }, () => open()))
    expect(requests.filter((request) => request.includes(BASIC))).toHaveLength(2)
  })

  it('that closes each connection is told a login twice an hour at the most', async () => {
    const clock = new VirtualClock()
    const { open, requests } = await answering((_, __, socket) => void socket.end(), { clock })
    const told = () => requests.filter((request) => request.includes(BASIC)).length
    for (let minutes = 0; minutes < 59; minutes++) {
      await expect(open()).rejects.toThrow(
        /closed the connection without an answer to CONNECT( with the login)?$/,
      )
      clock.advance(60_000)
    }
    expect(told()).toBe(2)
    clock.advance(60_000)
    await open().catch(() => {})
    expect(told()).toBe(3)
  })

  it('that asks for a login and closes in answer to it is told it twice an hour at the most', async () => {
    const clock = new VirtualClock()
    const { open, requests } = await answering(
      (request, _, socket) => (request.includes(BASIC) ? void socket.end() : challenge('Basic realm="x"')),
      { clock },
    )
    for (let minutes = 0; minutes < 59; minutes++) {
      await expect(open()).rejects.toThrow()
      clock.advance(60_000)
    }
    expect(requests.filter((request) => request.includes(BASIC))).toHaveLength(2)
  })

  it('may need no login for one target and refuse it for another, which is no reason to try again', async () => {
    const { open, requests } = await answering((request) =>
      request.includes('free.invalid') ? OK : challenge('Basic realm="x"'),
    )
    for (let times = 0; times < 3; times++) {
      await open('tcp://free.invalid:1')
      await open('tcp://vpn.invalid:1').catch(() => {})
    }
    expect(requests.filter((request) => request.includes(BASIC))).toHaveLength(2)
  })
})
