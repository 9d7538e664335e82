import { describe, expect, it } from 'vitest'
import { bytesText, reportOf, spanText } from '../../../src/cli/status/report.js'

const NOW = Date.parse('2026-01-02T03:04:05.000Z')
const at = (secondsAgo: number) => new Date(NOW - 1_000 * secondsAgo).toISOString()

describe('the report of a tunnel', () => {
  it('counts down while a login goes past it', () => {
    const carried = { packets: 0, bytes: 0 }
    const status = {
      ...{
        file: '/etc/qanat/home.toml',
        pid: 7,
        device: 'home',
        cipher: 'wireguard',
        since: at(60),
        listen: [],
      },
      ...{ isolateClients: false, sent: carried, received: carried, drops: {}, peers: [] },
    }
    const lineOf = (seconds: number) => {
      const login = { since: at(9), until: at(-seconds) }
      return reportOf({ ...status, login }, NOW).find((line) => line.includes('login'))
    }
    expect([599, 61, 0, -1].map(lineOf)).toEqual(
      ['9:59', '1:01', '0:00', '0:00'].map(
        (left) => `  login open for another ${left}, for a browser on a page of the network`,
      ),
    )
    expect(reportOf(status, NOW).join()).not.toContain('login')
  })

  it('has a row for each peer, with what is not known left out', () => {
    const nothing = { packets: 0, bytes: 0 }
    const silent = {
      name: null,
      id: 'aWDh1QUAqSMulY+IIJoIiSr+FUWky91Oy8DRhJHcYgE=',
      allowed: ['10.0.0.2/32'],
      endpoints: [],
      endpoint: null,
      remote: null,
      why: 'nothing came from it yet',
      since: null,
      connecting: null,
      trying: [],
      lastHandshake: null,
      roundTrip: null,
      mtu: 1420,
      attempts: [],
      proxy: null,
      proxySource: null,
      state: 'offline' as const,
      onlineSince: null,
      lastSeen: null,
      saidGoodbye: false,
      sent: nothing,
      received: nothing,
      drops: {},
    }
    const server = {
      ...silent,
      name: 'server',
      endpoint: 'wss://vpn.example.org/',
      proxy: 'http://proxy:3128',
      remote: 'wss://192.0.2.1:443',
      state: 'idle' as const,
      onlineSince: at(300),
      lastSeen: at(42),
      why: 'no answer',
      since: at(30),
      lastHandshake: at(125),
      roundTrip: 12.5,
      sent: { packets: 1, bytes: 1_500_000 },
      drops: { congested: 2, 'link.oversized': 1 },
    }
    const awaited = {
      ...silent,
      ...{ name: 'awaited', saidGoodbye: true, lastSeen: at(300) },
      connecting: { endpoint: 'wss://vpn.example.org/door', step: 'tls', since: at(3) },
    }
    const [udp, tls] = [
      { endpoint: 'udp://vpn.example.org:7', step: 'handshake', since: at(4) },
      awaited.connecting,
    ]
    const {
      attempts: _attempts,
      connecting: _unknown,
      trying: _trying,
      proxy: _proxy,
      proxySource: _source,
      state: _state,
      onlineSince: _onlineSince,
      lastSeen: _lastSeen,
      saidGoodbye: _saidGoodbye,
      ...ofBefore
    } = silent
    const status = {
      file: '/etc/qanat/home.toml',
      pid: 7,
      device: 'home',
      cipher: 'wireguard',
      since: at(8_000),
      listen: ['udp://[::]:51820'],
      isolateClients: true,
      sent: server.sent,
      received: nothing,
      drops: { 'pump.unroutable': 3 },
      peers: [server, silent, awaited, ofBefore as typeof silent, { ...awaited, trying: [udp, tls] }],
    }
    expect(reportOf(status, NOW)).toEqual([
      'home: /etc/qanat/home.toml, process 7, up for 2 h',
      '  device home, wireguard, listens at udp://[::]:51820, keeps clients apart',
      '  sent 1.50 MB, received 0 B, dropped: pump.unroutable 3',
      '',
      expect.stringMatching(/^ {2}peer {2}.* {2}why$/),
      expect.stringMatching(/^ [ ─]+$/),
      '  server         idle for 5 min          42 s ago  10.0.0.2/32  wss://192.0.2.1:443 (wss://vpn.example.org/) by http://proxy:3128   30 s  2 min ago     12.5 ms  1.50 MB       0 B  congested 2, link.oversized 1  no answer',
      '  aWDh1QUAqSMu…  offline                        –  10.0.0.2/32  –                                                                      –          –           –      0 B       0 B  –                              nothing came from it yet',
      '  awaited        offline, said goodbye  5 min ago  10.0.0.2/32  –                                                                      –          –           –      0 B       0 B  –                              nothing came from it yet; connecting to wss://vpn.example.org/door: waiting for tls, 3 s',
      '  aWDh1QUAqSMu…  –                              –  10.0.0.2/32  –                                                                      –          –           –      0 B       0 B  –                              nothing came from it yet',
      '  awaited        offline, said goodbye  5 min ago  10.0.0.2/32  –                                                                      –          –           –      0 B       0 B  –                              nothing came from it yet; connecting to udp://vpn.example.org:7: waiting for handshake, 4 s; connecting to wss://vpn.example.org/door: waiting for tls, 3 s',
    ])
    const office = { name: 'office', active: silent.id, members: ['b', silent.id], since: at(300), moves: 2 }
    const alone = { ...office, name: 'home', members: [silent.id], moves: 1 }
    expect(reportOf({ ...status, groups: [office, alone] }, NOW).slice(3, 6)).toEqual([
      '  group office: server is active for 5 min, 2 moves, standing by: b',
      '  group home: server is active for 5 min, 1 move',
      '',
    ])
    const portal = {
      ...{ since: at(12), step: 'portal', code: 'portal-redirect', why: 'Cannot dial', remedy: 'Log in' },
      ...{ host: 'vpn.example.org', url: 'http://login.hotel.example/?mac=1' },
    }
    expect(reportOf({ ...status, portal }, NOW).slice(3, 6)).toEqual([
      '  a login page is in the way for 12 s, seen at vpn.example.org (portal-redirect)',
      '    its address, as whoever answered says: http://login.hotel.example/?mac=1',
      '',
    ])
    const unknown = { ...portal, url: null }
    expect(reportOf({ ...status, portal: unknown }, NOW).slice(4, 5)).toEqual([''])
    const bare = { ...server, endpoint: 'udp://vpn.example.org:51820', remote: 'udp://192.0.2.1:51820' }
    const [, , , , , , row] = reportOf({ ...status, file: '/etc/wireguard/home.conf', peers: [bare] }, NOW)
    expect(row).toContain('  192.0.2.1:51820 (vpn.example.org:51820) ')
  })

  it('has the addresses, the MTU and the version of what runs, and why not and what to do', () => {
    const nothing = { packets: 0, bytes: 0 }
    const home = {
      ...{ name: 'home', id: 'key', allowed: [], endpoints: ['wss://far/'], endpoint: null, remote: null },
      ...{ why: 'no', since: null, connecting: null, lastHandshake: null, roundTrip: null, mtu: 1420 },
      ...{ sent: nothing, received: nothing, drops: {}, proxy: null, proxySource: null },
    }
    const expired = { step: 'tls', code: 'certificate-expired', why: 'Cannot dial', remedy: 'Renew it' }
    const attempts = [{ ...expired, endpoint: 'wss://far/', at: at(12), next: at(-18) }]
    const wrongKey = { step: 'handshake', code: 'wrong-key', why: 'no match', remedy: null }
    const status = {
      ...{ file: '/etc/qanat/home.toml', pid: 7, device: 'home', cipher: 'wireguard', since: at(9) },
      ...{ version: '0.2.0', addresses: ['10.0.0.1/24'], mtu: 1420, listen: [], isolateClients: false },
      ...{ sent: nothing, received: nothing, drops: {}, peers: [{ ...home, attempts }] },
      troubles: [
        { ...wrongKey, peer: null, remote: 'udp://192.0.2.7:1', at: at(3), times: 2 },
        { ...expired, peer: 'key', remote: null, at: null, times: 1 },
      ],
    }
    const lines = reportOf(status, NOW)
    expect(lines.slice(0, 2)).toEqual([
      'home: /etc/qanat/home.toml, process 7 of Qanat 0.2.0, up for 9 s',
      '  device home with 10.0.0.1/24, MTU 1420, wireguard, listens nowhere',
    ])
    expect(lines.slice(-6)).toEqual([
      '',
      '  home at wss://far/: Cannot dial (tls, certificate-expired; 12 s ago, next attempt in 18 s)',
      '    Renew it',
      '  from udp://192.0.2.7:1: no match (handshake, wrong-key; 2 times, last 3 s ago)',
      '  home: Cannot dial (tls, certificate-expired; goes on)',
      '    Renew it',
    ])
  })

  it('tells which certificates are shown, each in a line of its own', () => {
    const nothing = { packets: 0, bytes: 0 }
    const status = {
      ...{ file: '/etc/qanat/home.toml', pid: 7, device: 'home', cipher: 'wireguard', since: at(9) },
      ...{ listen: [], isolateClients: false, sent: nothing, received: nothing, drops: {}, peers: [] },
      certificates: [
        { names: ['a.example', 'b.example', 'c.example', 'd.example'], until: '2026-03-04T05:06:07.000Z' },
        { names: ['e.example'], until: '2026-04-05T06:07:08.000Z' },
      ],
    }
    expect(reportOf(status, NOW).filter((line) => line.includes('certificate'))).toEqual([
      '  certificate for a.example, b.example, c.example and 1 more, until 2026-03-04, to those who ask for no other name',
      '  certificate for e.example, until 2026-04-05',
    ])
  })

  it('names who named a proxy', () => {
    const nothing = { packets: 0, bytes: 0 }
    const peer = {
      ...{ name: 'far', id: 'key', allowed: [], endpoints: [], endpoint: null, remote: 'wss://far' },
      ...{ why: 'no', since: null, connecting: null, lastHandshake: null, roundTrip: null, mtu: 1420 },
      ...{
        sent: nothing,
        received: nothing,
        drops: {},
        proxy: 'http://proxy:3128',
        proxySource: 'HTTPS_PROXY',
      },
    }
    const status = {
      ...{ file: '/etc/qanat/home.toml', pid: 7, device: 'home', cipher: 'wireguard', since: at(9) },
      ...{ listen: [], isolateClients: false, sent: nothing, received: nothing, drops: {}, peers: [peer] },
    }
    expect(reportOf(status, NOW).at(-1)).toContain('wss://far by http://proxy:3128, as HTTPS_PROXY says')
    const exempt = { ...peer, proxy: null, proxySource: 'NO_PROXY' }
    expect(reportOf({ ...status, peers: [exempt] }, NOW).at(-1)).toContain(
      'wss://far directly, as NO_PROXY says',
    )
  })

  it('has a line of the figures of each plugin', () => {
    const nothing = { packets: 0, bytes: 0 }
    const counter = 'counter' as const
    const values = [
      { labels: { reason: 'timeout', way: 'in' }, value: 7 },
      { labels: { reason: 'full', way: 'in' }, value: 2 },
    ]
    const figures = {
      nats: {
        resent: { type: counter, unit: 'datagrams', values },
        waiting: { type: 'gauge' as const, unit: 'bytes', values: [{ labels: {}, value: 1_500 }] },
        lost: { type: counter, unit: 'datagrams', values: [] },
      },
      quiet: { lost: { type: counter, unit: 'datagrams', values: [] } },
    }
    const lines = reportOf(
      {
        ...{ file: '/etc/qanat/home.toml', pid: 7, device: 'home', cipher: 'wireguard', since: at(8_000) },
        ...{
          listen: [],
          isolateClients: false,
          sent: nothing,
          received: nothing,
          drops: {},
          peers: [],
          figures,
        },
      },
      NOW,
    )
    expect(lines.slice(3, 6)).toEqual([
      '  nats: resent 7 datagrams (timeout, in), resent 2 datagrams (full, in), waiting 1.50 kB',
      '  quiet: –',
      '',
    ])
  })

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.00 kB'],
    [9_994, '9.99 kB'],
    [9_999, '10.0 kB'],
    [99_999, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [2e15, '2.00 PB'],
    [2e18, '2000 PB'],
  ])('writes %d bytes as %s', (bytes, text) => expect(bytesText(bytes)).toBe(text))

  it.each([
    [-5, '0 s'],
    [119_999, '119 s'],
    [120_000, '2 min'],
    [7_199_999, '119 min'],
    [7_200_000, '2 h'],
    [172_800_000, '2 d'],
  ])('writes %d ms as %s', (milliseconds, text) => expect(spanText(milliseconds)).toBe(text))
})
