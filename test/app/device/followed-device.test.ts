import { expect, it } from 'vitest'
import { followDevice } from '../../../src/app/device/followed-device.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import type { NetworkEvent } from '../../../src/native/netlink/network-watch.js'

it('has packets fit the MTU that others give a device, before it looks and later, until it is stopped', async () => {
  const clock = new VirtualClock()
  const resized: number[] = []
  const watched: ((event: NetworkEvent) => void)[] = []
  let mtu: number | undefined = 1380
  const stop = followDevice({
    ...{ clock, log: silentLogger, device: 'wg0', mtu: 1420 },
    deviceMtu: { ask: () => mtu, close: () => void resized.push(0) },
    pump: { resize: (bytes) => void resized.push(bytes) },
    watch: (changed) => {
      watched.push(changed)
      return { close: async () => void watched.pop() }
    },
  })
  for (const next of [1380, 8920, undefined]) {
    mtu = next
    watched[0]!({ kind: 'routing', port: 0 })
    clock.advance(1_000)
  }
  expect(resized).toEqual([1380, 8920])
  await stop()
  expect(resized.at(-1)).toBe(0)
  expect([watched, clock.pending]).toEqual([[], 0])
})
