import { beforeEach, describe, expect, it } from 'vitest'
import { DeviceSettings } from '../../../src/app/device/device-settings.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import type { DeviceChange } from '../../../src/core/api/tun-device.js'
import { settingsOf } from '../../support/ciphers/settings-samples.js'

describe("a device's MTU", () => {
  let changes: (number | undefined)[]
  let settings: DeviceSettings
  beforeEach(() => {
    changes = []
    const tun = {
      name: 'tun0',
      drops: {},
      change: async ({ mtu }: DeviceChange) => void changes.push(mtu),
    }
    const own = { name: undefined, mtu: 1420, addresses: [], routes: [] }
    settings = new DeviceSettings(tun, { tun: own }, async () => {}, silentLogger)
  })

  it('follows what the routes carry, down to the least there may be and up to its own', async () => {
    for (const bytes of [1320, 1320, 1200, 9_000, Number.POSITIVE_INFINITY])
      await settings.carries(bytes, 1280)
    expect(changes).toEqual([1320, 1280, 1420])
  })

  it('is the smaller one of what was pushed and what the routes carry', async () => {
    await settings.carries(1340, 576)
    await settings.apply(settingsOf({ mtu: 1380 }))
    await settings.apply(settingsOf({ mtu: 1300 }))
    await settings.carries(1420, 576)
    await settings.apply(settingsOf({}))
    expect(changes).toEqual([1340, 1300, 1420])
  })

  it('is what its own file says if that is less than what was pushed', async () => {
    await settings.apply(settingsOf({ mtu: 1400 }))
    await settings.hasMtu(1300)
    await settings.hasMtu(1420)
    expect(changes).toEqual([1400, 1300, 1400])
  })

  it('grows before a route of IPv6 comes', async () => {
    await settings.carries(1200, 576)
    await settings.atLeast(576)
    await settings.atLeast(1280)
    expect(changes).toEqual([1200, 1280])
  })
})
