import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CONTROL_TYPES,
  MAX_CONTROL,
  readControl,
  writeControl,
} from '../../../../src/ciphers/noise/control/control.js'
import { readSettings, settingsItems } from '../../../../src/ciphers/noise/control/control-settings.js'
import { type ClientSettings, MAX_PUSHED } from '../../../../src/core/settings/client-settings.js'
import { anySettings, settingsOf } from '../../../support/ciphers/settings-samples.js'

const message = (settings: ClientSettings) =>
  writeControl({ type: CONTROL_TYPES.settingsResponse, id: 7, items: settingsItems(settings) })

const many = <Value>(count: number, make: (index: number) => Value) =>
  Array.from({ length: count }, (_, index) => make(index))

/** As large as settings can be. */
const LARGEST = settingsOf({
  addresses: many(MAX_PUSHED.addresses, (index) => `fd00::${index}`),
  routes: many(MAX_PUSHED.routes, (index) => `fd00:${index}::/32`),
  nameServers: many(MAX_PUSHED.nameServers, (index) => `fd01::${index + 1}`),
  searchDomains: many(MAX_PUSHED.searchDomains, (index) => `${'a'.repeat(60)}.${index}de`),
  mtu: 1420,
})

describe('settings in control messages', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(anySettings, (settings) => {
        expect(readSettings(readControl(message(settings))!.items)).toEqual(settings)
      }),
    )
  })

  it('fit one message, however large they are', () => {
    expect(message(LARGEST).length).toBeLessThanOrEqual(MAX_CONTROL)
    expect(readSettings(settingsItems(LARGEST))).toEqual(LARGEST)
  })

  it('survive items of unknown types', () => {
    const settings = settingsOf({ routes: ['10.0.0.0/8'] })
    const items = [{ type: 99, value: Uint8Array.of(1) }, ...settingsItems(settings)]
    expect(readSettings(items)).toEqual(settings)
  })

  it('are copies, since what comes off the wire is lent', () => {
    const bytes = message(settingsOf({ addresses: ['10.0.0.2'], routes: ['10.0.0.0/8'] }))
    const settings = readSettings(readControl(bytes)!.items)!
    bytes.fill(0xff)
    expect(settings).toEqual(settingsOf({ addresses: ['10.0.0.2'], routes: ['10.0.0.0/8'] }))
  })

  it.each<[string, number, number[]]>([
    ['an address of 5 bytes', 1, [10, 0, 0, 1, 2]],
    ['an address of none', 1, []],
    ['a route without an address', 2, [8]],
    ['a route of nothing', 2, []],
    ['a route with more bits than IPv4 has', 2, [33, 10, 0, 0, 0]],
    ['a route with more bits than IPv6 has', 2, [129, ...new Uint8Array(16)]],
    ['a name server of 3 bytes', 3, [1, 1, 1]],
    ['a domain of nothing', 4, []],
    ['a domain with a line break', 4, [97, 10, 98]],
    ['a domain with a space', 4, [97, 32, 98]],
    ['a domain of 65 letters', 4, new Array<number>(65).fill(97)],
    ['a domain that begins with a dash, as an option of a program', 4, [45, 97]],
    ['a domain of other letters than ASCII', 4, [0xc3, 0xa4]],
    ['an MTU of one byte', 5, [5]],
    ['an MTU of three bytes', 5, [5, 0, 0]],
  ])('are refused with %s', (_what, type, value) => {
    const items = [
      ...settingsItems(settingsOf({ nameServers: ['10.0.0.1'] })),
      { type, value: Uint8Array.from(value) },
    ]
    expect(readSettings(items)).toBeUndefined()
  })

  it('are refused with more of a kind than may be handed, or two MTUs', () => {
    for (const item of settingsItems(LARGEST))
      expect(readSettings([...settingsItems(LARGEST), item])).toBeUndefined()
  })
})
