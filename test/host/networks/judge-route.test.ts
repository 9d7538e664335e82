import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIpAddress } from '../../../src/core/ip/ip-address.js'
import { liesWithin, networkOf, textOf } from '../../../src/core/ip/ip-network.js'
import { parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'
import { type HostRoute, type HostRouting, judgeRoute } from '../../../src/host/networks/judge-route.js'

const MAIN = 254
const ROUTER = ['192.168.1.1']

function route(
  text: string,
  kind: HostRoute['kind'],
  device: string | undefined,
  more: { via?: readonly string[]; metric?: number; table?: number } = {},
): HostRoute {
  const { metric = 0, table = MAIN, via = [] } = more
  const gateways = via.map((gateway) => parseIpAddress(gateway)!)
  return { destination: parseIpPrefix(text)!, kind, device, gateways, metric, table }
}

/** What a verdict may name. */
interface Found {
  readonly address?: Uint8Array
  readonly holds?: HostRoute
  readonly network?: HostRoute
  readonly route?: HostRoute
}

/** A laptop with Docker, another tunnel, a static route and a table of its user's. */
const HOST: readonly HostRoute[] = [
  route('0.0.0.0/0', "another's", 'wlan0', { via: ROUTER, metric: 600 }),
  route('192.168.1.0/24', 'connected', 'wlan0', { metric: 600 }),
  route('10.44.0.0/16', 'connected', 'eth1'),
  route('172.17.0.0/16', "another's", 'docker0'),
  route('10.8.0.0/24', "another's", 'tun0'),
  route('10.20.0.0/16', "another's", 'wlan0', { via: ROUTER }),
  route('198.18.0.0/15', 'refused', undefined),
  route('198.51.100.0/24', 'refused', undefined, { metric: 999 }),
  route('10.77.0.0/16', "another's", 'wlan0', { via: ROUTER, table: 77 }),
  route('100.64.0.0/10', "another's", 'tailscale0', { table: 52 }),
  route('2001:db8:1::/64', 'connected', 'wlan0', { metric: 600 }),
  route('::/0', "another's", 'wlan0', { via: ['fe80::1'], metric: 600 }),
  route('2001:db8:66::/48', 'refused', undefined, { metric: 1024 }),
  route('2001:db8:67::/48', 'refused', undefined, { metric: 2048 }),
]
const BEFORE = new Set([52])
const ENDPOINT = '203.0.113.7'

describe('a range that is to be led into a tunnel', () => {
  it.each([
    // what nobody has
    ['10.0.0.0/24', 'free', undefined],
    ['2001:db8:2::/64', 'free', undefined],
    // a network of the host: equal, within, around
    ['192.168.1.0/24', 'left-alone', '192.168.1.0/24'],
    ['192.168.1.128/25', 'left-alone', '192.168.1.0/24'],
    ['192.168.1.77/32', 'left-alone', '192.168.1.0/24'],
    ['192.168.0.0/16', 'free', '192.168.1.0/24'],
    ['10.44.0.0/16', 'left-alone', '10.44.0.0/16'],
    ['2001:db8:1::/64', 'left-alone', '2001:db8:1::/64'],
    ['2001:db8:1::7/128', 'left-alone', '2001:db8:1::/64'],
    ['2001:db8::/32', 'free', '2001:db8:1::/64'],
    // the next hop, and with it all that goes by it
    ['192.168.1.1/32', 'next-hop', ROUTER[0]],
    ['192.168.1.0/28', 'next-hop', ROUTER[0]],
    // Docker's, another tunnel's: equal, within, around
    ['172.17.0.0/16', 'taken', '172.17.0.0/16'],
    ['172.17.5.0/24', 'taken', '172.17.0.0/16'],
    ['172.16.0.0/12', 'free', '172.17.0.0/16'],
    ['10.8.0.0/24', 'taken', '10.8.0.0/24'],
    ['10.8.0.9/32', 'taken', '10.8.0.0/24'],
    // a static route: equal, within, around
    ['10.20.0.0/16', 'taken', '10.20.0.0/16'],
    ['10.20.30.0/24', 'free', undefined],
    // a refusal: in its place, and before one that is there to fall back to
    ['198.18.0.0/15', 'taken', '198.18.0.0/15'],
    ['198.18.7.0/24', 'free', undefined],
    ['198.51.100.0/24', 'free', undefined],
    ['2001:db8:66::/48', 'taken', '2001:db8:66::/48'],
    ['2001:db8:67::/48', 'free', undefined],
    // a table before the main one, and one that nothing leads to
    ['100.64.0.0/10', 'taken', '100.64.0.0/10'],
    ['100.100.0.0/16', 'taken', '100.64.0.0/10'],
    ['10.77.0.0/16', 'free', undefined],
    // the carrier's path
    ['203.0.113.0/24', 'carrier', ENDPOINT],
    ['203.0.113.7/32', 'carrier', ENDPOINT],
    ['203.0.113.8/32', 'free', undefined],
    // what each interface has for itself
    ['fe80::/64', 'free', undefined],
  ])('%s is %s, because of %s', (wanted, is, because) => {
    const verdict = judge(wanted)
    expect(verdict.is).toBe(is)
    const { address, holds, network, route } = verdict as Found
    const found = address ?? holds ?? network ?? route
    expect(found === undefined ? undefined : textFor(found)).toBe(because)
  })

  it.each([
    ['10.77.0.0/16', 'taken'],
    ['10.77.1.0/24', 'free'],
    ['192.168.1.0/24', 'free'],
    ['203.0.113.7/32', 'free'],
    ['0.0.0.0/0', 'free'],
  ])('%s is %s in a table of its own, where only that table counts', (wanted, is) => {
    expect(judge(wanted, 77).is).toBe(is)
  })

  it('is taken where both a network of the host and another program have it', () => {
    const both = [
      route('10.1.0.0/16', 'connected', 'eth0'),
      route('10.1.0.0/16', "another's", 'docker0', { metric: 9 }),
    ]
    expect(judge('10.1.0.0/16', MAIN, both)).toMatchObject({ is: 'taken', route: { device: 'docker0' } })
  })

  it('may hold a carrier that a narrower network of the host reaches, and none where nothing does yet', () => {
    const host = [route('203.0.113.0/28', 'connected', 'eth0')]
    expect(judge('203.0.113.0/24', MAIN, host).is).toBe('free')
    expect(judge('203.0.113.0/24', MAIN, []).is).toBe('carrier')
  })

  it('may narrow a route that is as good as a default route', () => {
    const halves = [route('0.0.0.0/1', "another's", 'tun0'), route('128.0.0.0/1', "another's", 'tun0')]
    expect(judge('10.0.0.0/24', MAIN, halves).is).toBe('free')
    expect(judge('0.0.0.0/1', MAIN, halves).is).toBe('taken')
  })

  it('takes from no network, gateway or carrier, whatever the host has', () => {
    const address = fc
      .tuple(fc.constantFrom(10, 11), fc.nat(3), fc.nat(3), fc.nat(7))
      .map((bytes) => Uint8Array.from(bytes))
    const range = fc
      .tuple(address, fc.integer({ min: 6, max: 32 }))
      .map(([address, bits]) => networkOf({ address, bits }))
    const hostRoute = fc.record({
      destination: range,
      kind: fc.constantFrom<HostRoute['kind']>('connected', "another's", 'refused'),
      gateways: fc.oneof(fc.constant([]), fc.array(address, { maxLength: 2 })),
      metric: fc.constantFrom(0, 600),
      device: fc.constantFrom('eth0', 'eth1'),
      table: fc.constantFrom(MAIN, MAIN, 77),
    })
    const given = [
      fc.array(hostRoute, { maxLength: 8 }),
      range,
      fc.array(address, { maxLength: 3 }),
      fc.array(address, { maxLength: 20 }),
    ] as const
    fc.assert(
      fc.property(...given, (routes, destination, carriers, samples) => {
        const host: HostRouting = { routes, before: new Set() }
        const verdict = judgeRoute({ destination, table: MAIN }, host, carriers)
        if (verdict.is !== 'free') return
        const main = routes.filter(({ table, kind }) => table === MAIN && kind !== 'refused')
        const takes = (one: Uint8Array, among: readonly HostRoute[]) => {
          const now = among.filter((other) => holds(other.destination, one))
          const bits = Math.max(-1, ...now.map((other) => other.destination.bits))
          return holds(destination, one) && destination.bits >= bits
            ? now.filter((other) => other.destination.bits === bits)
            : []
        }
        for (const sample of [...samples, destination.address]) {
          const lost = takes(sample, main).filter(
            ({ destination: { bits } }) => bits >= 8 || bits === destination.bits,
          )
          expect(
            lost.filter(
              ({ gateways, destination: { bits } }) => gateways.length === 0 || bits === destination.bits,
            ),
          ).toEqual([])
        }
        const direct = main.filter(({ gateways }) => gateways.length === 0)
        for (const gateway of main.flatMap(({ gateways }) => gateways))
          expect(takes(gateway, direct)).toEqual([])
        for (const carrier of carriers) expect(takes(carrier, main)).toEqual([])
      }),
      { numRuns: 2_000 },
    )
  })
})

function judge(wanted: string, table = MAIN, routes = HOST) {
  const carriers = [ENDPOINT].map((text) => parseIpAddress(text)!)
  return judgeRoute({ destination: parseIpPrefix(wanted)!, table }, { routes, before: BEFORE }, carriers)
}

function textFor(found: Uint8Array | HostRoute): string {
  return found instanceof Uint8Array ? textOf(found) : networkOf(found.destination).text
}

function holds(range: HostRoute['destination'], address: Uint8Array): boolean {
  return liesWithin({ address, bits: address.length * 8 }, range)
}
