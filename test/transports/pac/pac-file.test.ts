import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { codeOf } from '../../../src/core/reasons/reason.js'
import { watchNetworks } from '../../../src/host/networks/watch-networks.js'
import type { NetworkEvent } from '../../../src/native/netlink/network-watch.js'
import { plainEgress } from '../../../src/transports/dialing/plain-egress.js'
import { afterTest } from '../../support/after-test.js'
import { eventually, turns } from '../../support/eventually.js'
import { patient } from '../../support/streams/dial-wait.js'
import { agreeingProxy, answering, ENDPOINT, pacDialer, pacServer } from '../../support/streams/pac-lab.js'

const FILE = 'pac+file:proxy.pac'

describe('a PAC file that cannot be gone by', () => {
  it.each([
    ['<html>', 'pac-no-script', `the PAC file ${FILE} is no script: its line 1 cannot be read`],
    ['var a = 1', 'pac-no-function', `the PAC file ${FILE} has no function FindProxyForURL`],
    ['', 'pac-no-function', `the PAC file ${FILE} has no function FindProxyForURL`],
    [
      'function FindProxyForURL() { while (true) {} }',
      'pac-late',
      `the script of the PAC file ${FILE} gave no answer in 2 s`,
    ],
    [
      'function FindProxyForURL() { var a = []; while (true) a.push(new Uint8Array(1e6)) }',
      'pac-memory',
      `the script of the PAC file ${FILE} takes too much memory`,
    ],
    [
      'function FindProxyForURL() { return nothing.there }',
      'pac-throws',
      `the script of the PAC file ${FILE} failed: nothing is not defined`,
    ],
    [
      answering(''),
      'pac-answer',
      `the PAC file ${FILE} answered nothing, which names no proxy and no DIRECT`,
    ],
    [answering('SOCKS4 a:1; PROXY u:p@a:1; DIRECTLY'), 'pac-answer', 'answered SOCKS4 a:1; PROXY'],
  ])('says so, and nothing is dialled: %j', async (script, code, why) => {
    const error = await failureOf(script, code === 'pac-late')
    expect(error.message).toContain(why)
    expect(codeOf(error)).toBe(code)
  })

  it.each([
    [
      'refuses',
      'HTTP/1.1 404 Not Found\r\n\r\n',
      'pac-refused',
      'the server of the PAC file PAC answered 404 Not Found',
    ],
    [
      'leads elsewhere',
      'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n',
      'pac-refused',
      'the server of the PAC file PAC answered 302 Found',
    ],
    [
      'is none of HTTP',
      'SSH-2.0-OpenSSH\r\n',
      'pac-unreachable',
      'the PAC file PAC cannot be fetched: Parse Error',
    ],
  ])('by a server that %s', async (_what, answer, code, why) => {
    const server = await pacServer(({ socket }) => {
      socket.end(answer)
    })
    const error = await pacDialer(server)
      .open()
      .catch((thrown) => thrown)
    expect(error.message).toContain(why.replace('PAC file PAC', `PAC file ${server.url}`))
    expect(codeOf(error)).toBe(code)
  })

  it('by a server that refuses connections', async () => {
    const error = await pacDialer({ url: 'pac+http://127.0.0.1:1/proxy.pac?token=secret' })
      .open()
      .catch((thrown) => thrown)
    expect(error.message).toBe(
      'the PAC file pac+http://127.0.0.1:1/proxy.pac cannot be fetched: connection refused',
    )
  })

  it('by a server that falls silent, after 10 s', async () => {
    const clock = new VirtualClock()
    const server = await pacServer(() => {})
    const opening = pacDialer(server, { clock }).open()
    const told = expect(opening).rejects.toThrow(
      `Cannot dial ${ENDPOINT.slice(0, -1)}: the server of the PAC file ${server.url} did not tell it in 10 s`,
    )
    await eventually('it was asked', () => server.asked.length === 1)
    clock.advance(10_000)
    await told
  })
})

describe('a PAC file', () => {
  it('is given up after 2 s if its script never ends', async () => {
    expect(codeOf(await failureOf('while (true) {}', true))).toBe('pac-late')
  })

  it('has nothing dialled directly if it answers nothing', async () => {
    expect(codeOf(await failureOf('function FindProxyForURL() { return null }'))).toBe('pac-answer')
  })

  it('is read up to 1 MiB and no further', async () => {
    const server = await pacServer(({ socket }) => {
      socket.end(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(1_048_577)}`)
    })
    await expect(pacDialer(server).open()).rejects.toThrow(
      `the PAC file ${server.url} is longer than 1048576 bytes`,
    )
  })

  it('is told the endpoint as browsers tell it, and looks names up by the same way as Qanat', async () => {
    const proxy = await agreeingProxy()
    const asked: string[] = []
    const egress = {
      ...plainEgress,
      resolve: async ({ hostname }: URL) => {
        asked.push(hostname)
        return [{ address: hostname === '127.0.0.1' ? hostname : '10.1.2.3', family: 4 as const }]
      },
    }
    const clock = new VirtualClock() // the script has all the time that it needs
    const { open } = pacDialer(
      `function FindProxyForURL(url, host) {
        if (url !== 'https://vpn.invalid:1337/' || host !== 'vpn.invalid') return 'DIRECT'
        if (!isInNet(host, '10.1.0.0', '255.255.0.0') || isInNet(host, '10.2.0.0', '255.255.0.0')) return 'DIRECT'
        if (dnsResolve('inner.invalid') !== '10.1.2.3' || !isResolvable('a.invalid')) return 'DIRECT'
        if (dnsResolve('b@ad/name') !== null || !/^[0-9.]+$/.test(myIpAddress())) return 'DIRECT'
        return shExpMatch(host, '*.invalid') ? 'PROXY ${proxy.at}' : 'DIRECT'
      }`,
      { clock, egress },
    )
    await open()
    expect(asked).toEqual(['vpn.invalid', 'vpn.invalid', 'inner.invalid', 'a.invalid', '127.0.0.1'])
    expect(proxy.requests).toHaveLength(1)
  })

  it('reaches nothing of Node', async () => {
    const { open } = pacDialer(
      `function FindProxyForURL() {
        var found = []
        var ways = [alert, dnsResolve, shExpMatch, FindProxyForURL]
        for (var i = 0; i < ways.length; i++) {
          var make = ways[i].constructor
          var script = make('return this')
          var global = script() || {}
          var names = ['process', 'require', 'fetch', 'Buffer', 'setTimeout', 'XMLHttpRequest']
          for (var j = 0; j < names.length; j++) if (typeof global[names[j]] !== 'undefined') found.push(names[j])
        }
        throw new Error('found ' + found.length)
      }`,
      { clock: new VirtualClock() },
    )
    await expect(open()).rejects.toThrow('failed: found 0')
  })

  it('has its ways tried in their order, and those that fail after the others for 5 min', async () => {
    const clock = new VirtualClock()
    const refusing = await agreeingProxy('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n')
    const proxy = await agreeingProxy()
    const server = await pacServer((_request, response) =>
      response.end(answering(`PROXY ${refusing.at}; PROXY ${proxy.at}; DIRECT`)),
    )
    const { open, pacFiles } = pacDialer(server, { clock })
    await open()
    expect([refusing.requests.length, proxy.requests.length]).toEqual([1, 1])
    await open()
    expect([refusing.requests.length, proxy.requests.length]).toEqual([1, 2])
    clock.advance(300_000)
    await open()
    expect([refusing.requests.length, proxy.requests.length]).toEqual([2, 3])
    expect(server.asked).toEqual(['/proxy.pac']) // its answer is kept
    pacFiles.forget()
    await open()
    expect(server.asked).toHaveLength(2)
    expect([refusing.requests.length, proxy.requests.length]).toEqual([3, 4])
  })

  it('is fetched again by the next dial after interfaces, addresses or routes changed, and by no other', async () => {
    const clock = new VirtualClock()
    const server = await pacServer((_request, response) => response.end(answering('DIRECT')))
    const { open, pacFiles } = pacDialer(server, { clock })
    const far = await agreeingProxy()
    const dial = () => open(`tcp://${far.at}`)
    let tell!: (event: NetworkEvent) => void
    const watch = (changed: typeof tell) => {
      tell = changed
      return { close: async () => {} }
    }
    afterTest(watchNetworks({ clock, log: silentLogger, watch }, () => pacFiles.forget()))
    const changes = (kind: NetworkEvent['kind']) => {
      tell({ kind, port: 0 })
      clock.advance(250)
    }
    await dial()
    changes('filter')
    await dial()
    expect(server.asked).toHaveLength(1)
    changes('routing')
    await turns()
    expect(server.asked).toHaveLength(1) // no connection needs it yet
    await dial()
    await dial()
    expect(server.asked).toHaveLength(2)
  })

  it('has the next way tried if one falls silent for 3 s', async () => {
    const clock = new VirtualClock()
    const silent = await agreeingProxy('')
    const proxy = await agreeingProxy()
    const { open } = pacDialer(answering(`PROXY ${silent.at}; PROXY ${proxy.at}`), { clock })
    const opening = open()
    await eventually('it was asked', () => silent.requests[0]?.includes('CONNECT') === true)
    clock.advance(3_000)
    await opening
    expect(proxy.requests).toHaveLength(1)
  })

  it('is gone by even if all of its ways fail: nothing is dialled directly', async () => {
    const proxies = await Promise.all(
      [1, 2].map(() => agreeingProxy('HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n')),
    )
    const connected: string[] = []
    const { open } = pacDialer(answering(proxies.map(({ at }) => `PROXY ${at}`).join(';')), {
      clock: new VirtualClock(),
      egress: {
        ...plainEgress,
        connectTo: (address, port, outcome) => {
          connected.push(`${address.address}:${port}`)
          return plainEgress.connectTo(address, port, outcome)
        },
      },
    })
    await expect(open('tcp://127.0.0.1:1')).rejects.toThrow(
      `none of the 2 ways that the PAC file ${FILE} names leads there; by http://${proxies[0]!.at}: the proxy http://${proxies[0]!.at} refused: 403 No`,
    )
    expect(connected).toEqual(proxies.map(({ at }) => at))
  })

  it('has a login told only to the proxy of that kind, host and port for which the configuration has it', async () => {
    const wants = 'HTTP/1.1 407 Login\r\nProxy-Authenticate: Basic realm="a"\r\nContent-Length: 0\r\n\r\n'
    const [known, stranger] = [await agreeingProxy(wants), await agreeingProxy(wants)]
    const settings = {
      url: (
        await pacServer((_request, response) =>
          response.end(
            answering(`PROXY ${stranger.at}; PROXY user:stolen@${stranger.at}; PROXY ${known.at}`),
          ),
        )
      ).url,
      further: [`http://user:secret@${known.at}`],
      headers: { 'X-Token': 'header' },
    }
    const { open } = pacDialer(settings, { clock: new VirtualClock() })
    await expect(open()).rejects.toThrow('requires a user name and a password')
    expect(stranger.requests.join()).not.toMatch(/Proxy-Authorization|X-Token/)
    expect(known.requests.join()).toContain('X-Token: header')
    expect(known.requests.join()).toContain(`Proxy-Authorization: Basic ${btoa('user:secret')}`)
  })
})

/** Connects to nothing and fails the test. */
const nowhere = {
  ...plainEgress,
  connectTo: () => {
    throw new Error('It connects')
  },
}

/** Why a script comes to nothing; `isLate` moves the clock meanwhile. */
async function failureOf(script: string, isLate = false): Promise<Error> {
  const clock = new VirtualClock()
  const { dialer } = pacDialer(script, { clock, egress: nowhere })
  let error: Error | undefined
  dialer.open(new URL(ENDPOINT), patient()).catch((thrown) => {
    error = thrown
  })
  return eventually('it fails', () => {
    if (isLate) clock.advance(500)
    return error
  })
}
