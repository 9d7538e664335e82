import { describe, expect, it } from 'vitest'
import type { Logger } from '../../../src/core/api/logger.js'
import { parseIpAddress } from '../../../src/core/ip/ip-address.js'
import { parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'
import { PushedSettings } from '../../../src/core/pushed-settings/pushed-settings.js'
import {
  type ClientSettings,
  NO_SETTINGS,
  SETTING_KINDS,
} from '../../../src/core/settings/client-settings.js'
import { settingsOf } from '../../support/ciphers/settings-samples.js'

const PERMISSION = { accepts: SETTING_KINDS, allowed: [parseIpPrefix('10.0.0.0/8')!], mtu: 1420 }
const FIRST = settingsOf({ addresses: ['10.0.0.2'], routes: ['10.9.0.0/16'], mtu: 1380 })
const SECOND = settingsOf({ routes: ['10.8.0.0/16'] })

/** Settings with a target that notes what it is to apply; where `slow`, each step ends when the test says so. */
function lab(slow = false) {
  const applied: ClientSettings[] = []
  const steps: (() => void)[] = []
  const warnings: string[] = []
  let failure: Error | undefined
  const log: Logger = {
    debug() {},
    info() {},
    warn: (message, fields) => warnings.push(`${message}: ${fields?.why}`),
    error() {},
  }
  const target = {
    async apply(settings: ClientSettings) {
      applied.push(settings)
      if (slow) await new Promise<void>((resolve) => steps.push(resolve))
      if (failure) throw failure
    },
  }
  const pushed = new PushedSettings(target, log)
  pushed.permit('server', PERMISSION)
  const fail = (error: Error | undefined) => {
    failure = error
  }
  return { handed: pushed, applied, steps, warnings, fail }
}

describe('settings that were handed', () => {
  it('are put in force, replaced when the server changes them, and taken back when it drops them', async () => {
    const { applied, handed: pushed } = lab()
    for (const settings of [FIRST, SECOND, NO_SETTINGS]) {
      pushed.pushed('server', settings)
      await pushed.settled()
    }
    expect(applied).toEqual([FIRST, SECOND, NO_SETTINGS])
  })

  it('are put in force once, however often they are handed', async () => {
    const { applied, handed: pushed } = lab()
    for (let times = 0; times < 3; times++) {
      pushed.pushed('server', FIRST)
      await pushed.settled()
    }
    expect(applied).toEqual([FIRST])
  })

  it('are put in force a step at a time, and only the latest of those that came meanwhile', async () => {
    const { applied, handed: pushed, steps } = lab(true)
    pushed.pushed('server', FIRST)
    for (let change = 0; change < 10; change++) pushed.pushed('server', settingsOf({ mtu: 1300 + change }))
    expect(applied).toEqual([FIRST])
    steps.shift()!()
    await new Promise(setImmediate)
    expect(applied).toEqual([FIRST, settingsOf({ mtu: 1309 })])
    steps.shift()!()
    await pushed.settled()
    expect(applied).toHaveLength(2)
  })

  it('are taken back at the end, and nothing that comes later counts', async () => {
    const { applied, handed: pushed } = lab()
    pushed.pushed('server', FIRST)
    await pushed.stop()
    pushed.pushed('server', SECOND)
    await pushed.settled()
    expect(applied).toEqual([FIRST, NO_SETTINGS])
  })

  it('of a peer that may decide nothing, or is not known, are not put in force', async () => {
    const { applied, handed: pushed } = lab()
    pushed.pushed('unknown', FIRST)
    pushed.pushed('server', FIRST)
    await pushed.settled()
    pushed.permit('server', undefined)
    pushed.pushed('server', SECOND)
    await pushed.settled()
    expect(applied).toEqual([FIRST, NO_SETTINGS])
  })

  it('follow the own file where it changes', async () => {
    const { applied, handed: pushed } = lab()
    pushed.pushed('server', FIRST)
    await pushed.settled()
    pushed.permit('server', { ...PERMISSION, accepts: ['mtu'] })
    await pushed.settled()
    expect(applied).toEqual([FIRST, settingsOf({ mtu: 1380 })])
  })

  it('hold no route to one of the 256 newest addresses that peers are reached by', async () => {
    const { applied, handed: pushed } = lab()
    const carrier = (number: number) => Uint8Array.of(10, 9, number >> 8, number & 0xff)
    for (let number = 0; number < 256; number++) pushed.carriedBy(carrier(number))
    pushed.pushed('server', settingsOf({ routes: ['10.9.0.0/32', '10.9.0.1/32'] }))
    await pushed.settled()
    expect(applied).toEqual([])
    pushed.carriedBy(carrier(256))
    await pushed.settled()
    expect(applied).toEqual([settingsOf({ routes: ['10.9.0.0/32'] })])
  })

  it('of several peers are in force together, with the smallest MTU', async () => {
    const { applied, handed: pushed } = lab()
    pushed.permit('other', PERMISSION)
    pushed.pushed('server', FIRST)
    pushed.pushed('other', settingsOf({ addresses: ['10.0.0.2'], routes: ['10.7.0.0/16'], mtu: 1300 }))
    await pushed.settled()
    expect(applied.at(-1)).toEqual(
      settingsOf({ addresses: ['10.0.0.2'], routes: ['10.9.0.0/16', '10.7.0.0/16'], mtu: 1300 }),
    )
  })

  it('lose a route as soon as a peer is reached by an address that it holds', async () => {
    const { applied, handed: pushed, warnings } = lab()
    pushed.pushed('server', FIRST)
    await pushed.settled()
    pushed.carriedBy(parseIpAddress('10.9.1.1')!)
    await pushed.settled()
    expect(applied.at(-1)).toEqual(settingsOf({ addresses: ['10.0.0.2'], mtu: 1380 }))
    expect(warnings).toEqual([
      'setting of the server refused: 10.9.0.0/16 holds an address that the tunnel itself is carried by',
    ])
  })

  it('lose a route while it conflicts with the networks of the host, and have it back after that', async () => {
    const { applied, handed: pushed, warnings } = lab()
    pushed.pushed('server', FIRST)
    await pushed.settled()
    const connected = [parseIpPrefix('10.9.0.0/16')!]
    pushed.besides({ connected, nextHops: [], nameServers: [] })
    await pushed.settled()
    expect(applied.at(-1)).toEqual(settingsOf({ addresses: ['10.0.0.2'], mtu: 1380 }))
    pushed.besides({ connected: [], nextHops: [], nameServers: [] })
    await pushed.settled()
    expect(applied.at(-1)).toEqual(FIRST)
    expect(warnings).toEqual([
      'setting of the server refused: 10.9.0.0/16 is within 10.9.0.0/16, a network of this host',
    ])
  })

  it('may lead to the name servers among them, and still do when the server names others', async () => {
    const { applied, handed: pushed, warnings } = lab()
    const route = { routes: ['10.9.0.0/16'] }
    const hostAsks = (...servers: string[]) =>
      pushed.besides({
        connected: [],
        nextHops: [],
        nameServers: servers.map((text) => parseIpAddress(text)!),
      })
    hostAsks('192.0.2.53')
    pushed.pushed('server', settingsOf({ ...route, nameServers: ['10.9.0.1'] }))
    await pushed.settled()
    hostAsks('10.9.0.1')
    pushed.pushed('server', settingsOf({ ...route, nameServers: ['10.9.0.2'] }))
    await pushed.settled()
    expect(applied).toEqual([
      settingsOf({ ...route, nameServers: ['10.9.0.1'] }),
      settingsOf({ ...route, nameServers: ['10.9.0.2'] }),
    ])
    hostAsks('10.9.0.3')
    await pushed.settled()
    expect(applied.at(-1)).toEqual(settingsOf({ nameServers: ['10.9.0.2'] }))
    expect(warnings).toHaveLength(1)
  })

  it('that are refused are told one by one', () => {
    const { handed: pushed, warnings } = lab()
    pushed.pushed('server', settingsOf({ routes: ['192.168.0.0/16', '10.9.0.0/16'] }))
    pushed.pushed('server', settingsOf({ routes: ['192.168.0.0/16', '192.168.1.0/24'] }))
    expect(warnings).toEqual([
      'setting of the server refused: 192.168.0.0/16 is beyond what the peer owns',
      'setting of the server refused: 192.168.1.0/24 is beyond what the peer owns',
    ])
  })

  it('that are refused are told once', async () => {
    const { applied, handed: pushed, warnings } = lab()
    for (let times = 0; times < 3; times++)
      pushed.pushed('server', settingsOf({ routes: ['192.168.0.0/16'] }))
    await pushed.settled()
    expect(applied).toEqual([])
    expect(warnings).toHaveLength(1)
  })

  it('that cannot be put in force are told, not tried for ever, and others follow', async () => {
    const { applied, fail, handed: pushed, warnings } = lab()
    fail(new Error('the kernel says no'))
    pushed.pushed('server', FIRST)
    await pushed.settled()
    pushed.pushed('server', FIRST)
    await pushed.settled()
    fail(undefined)
    pushed.pushed('server', SECOND)
    await pushed.settled()
    expect(applied).toEqual([FIRST, SECOND])
    expect(warnings).toEqual(['cannot apply settings of the server: the kernel says no'])
  })
})
