import { expect, it } from 'vitest'
import { DeviceMtu } from '../../../src/app/device/device-mtu.js'

/** A host with devices by number, which notes how often all of them are listed. */
function host(devices: Map<number, { name: string; mtu: number }>) {
  const noted = { lists: 0, opened: 0, closed: 0 }
  const open = () => {
    noted.opened++
    return {
      links: () => {
        noted.lists++
        const rest = { up: true, loopback: false, kind: undefined, master: undefined }
        return [...devices].map(([index, { name }]) => ({ index, name, ...rest }))
      },
      mtuOf(index: number) {
        const device = devices.get(index)
        if (device === undefined) throw new Error('ENODEV')
        return device.mtu
      },
      close: () => void noted.closed++,
    }
  }
  return { noted, mtu: new DeviceMtu('wg0', open) }
}

it('lists devices for the name once, and again only if the device has gone', () => {
  const devices = new Map([[3, { name: 'wg0', mtu: 1420 }]])
  const { mtu, noted } = host(devices)
  expect([mtu.ask(), mtu.ask(), mtu.ask()]).toEqual([1420, 1420, 1420])
  expect(noted.lists).toBe(1)
  devices.delete(3)
  expect(mtu.ask()).toBeUndefined()
  devices.set(7, { name: 'wg0', mtu: 1380 })
  expect([mtu.ask(), mtu.ask()]).toEqual([1380, 1380])
  mtu.close()
  expect(noted).toEqual({ lists: 3, opened: 1, closed: 1 })
})
