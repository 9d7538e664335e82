import type { DeviceChange } from '../../core/api/tun-device.js'
import { parseIpPrefix } from '../../core/ip/ip-prefix.js'
import type { DefineCase } from '../kit/case.js'
import { expect } from '../kit/expect.js'
import { handles, openedSince, timersOfNode } from '../kit/handles.js'
import { pattern } from '../kit/recorder.js'
import { payloads, type Started, type TunLab } from './tun-lab.js'
import { packetToHost } from './tun-place.js'

/** RFC 5737 reserves both for documentation. */
const ROUTE = parseIpPrefix('198.51.100.0/24')!
const ADDRESS = parseIpPrefix('203.0.113.7/32')!
/** Bytes that a device's MTU is lowered by. */
const LOWER = 100
const NONE = { added: [], removed: [] }

/** Tests of what changes of a device that is open, and of its end. */
export function testTunClosing(test: DefineCase<TunLab>): void {
  test(
    'goes on while its addresses, its routes and its MTU change',
    '`change` and `changeRoutes`, if a device has them, work under traffic.',
    async (lab) => {
      const started = await lab.start()
      const { device } = started
      await device.changeRoutes?.([ROUTE], [])
      await device.changeRoutes?.([], [ROUTE])
      const change = async (what: Partial<DeviceChange>) =>
        device.change?.({ addresses: NONE, routes: NONE, ...what })
      await change({ addresses: { added: [ADDRESS], removed: [] }, routes: { added: [ROUTE], removed: [] } })
      await change({ mtu: lab.mtu - LOWER })
      await change({ addresses: { added: [], removed: [ADDRESS] }, routes: { added: [], removed: [ROUTE] } })
      await worksBothWays(lab, started)
    },
  )

  test(
    'does nothing more from the moment it is told to close',
    'As soon as `close` is called, before it resolves, `write` does nothing and no handler is called.',
    async (lab) => {
      const started = await lab.start()
      const { device, failures, host, read } = started
      await worksBothWays(lab, started)
      const [before, taken] = [read.length, host.taken.length]
      const closing = lab.close(device)
      device.write([packetToHost(pattern(60, 66))])
      await host.send([pattern(61, 67)])
      await closing
      device.write([packetToHost(pattern(62, 68))])
      await lab.quiet()
      expect(read.length - before, 'packets that were read').toBe(0)
      expect(host.taken.length - taken, 'packets that were handed to the host').toBe(0)
      expect(failures, 'failures').toEqual([])
    },
  )

  test(
    'closes as often as it is told to, and does not report its own close',
    '`close` may be called again, and never leads to a call of `failed`.',
    async (lab) => {
      const { device, failures } = await lab.start()
      await Promise.all([lab.close(device), lab.close(device)])
      await lab.close(device)
      device.pause()
      device.resume()
      await lab.quiet()
      expect(failures, 'failures').toEqual([])
    },
  )

  test(
    'can be closed before it is started',
    'A device that was never started closes like any other.',
    async (lab) => {
      await lab.close(await lab.open({ name: undefined }))
    },
  )

  test('frees its name when it is closed', 'Once `close` resolves, the interface is gone.', async (lab) => {
    await lab.start()
    await lab.closeAll()
    await worksBothWays(lab, await lab.start())
  })

  test(
    'reports once that its interface is gone',
    'A device that fails calls `failed` once, with a TunError ERR_TUN_FAILED.',
    async (lab) => {
      const { failures, host } = await lab.start()
      if (host.removeDevice === undefined) return // there is none that could go
      await host.removeDevice()
      await lab.until('it is told', () => failures.length > 0)
      await lab.quiet()
      expect(failures.length, 'how often it is told').toBe(1)
      expect(failures[0]).toMatchObject({ name: 'TunError', code: 'ERR_TUN_FAILED' })
    },
  )

  test('leaves no handle behind', 'What is closed keeps no process alive.', async (lab) => {
    const before = handles()
    await worksBothWays(lab, await lab.start())
    await lab.closeAll()
    await lab.until('every handle is gone', () => openedSince(before).length === 0)
  })

  test('leaves no timer behind', 'What is closed waits for nothing.', async (lab) => {
    const before = timersOfNode()
    await worksBothWays(lab, await lab.start())
    await lab.closeAll()
    await lab.until('every timer is gone', () => timersOfNode() <= before && lab.timers === 0)
  })
}

/** Has a packet go each way by a device. */
export async function worksBothWays(lab: TunLab, { device, host, read }: Started): Promise<void> {
  const [before, taken] = [payloads(read).length, host.taken.length]
  await host.send([pattern(50, 1)])
  await lab.until('a packet of the host is read', () => payloads(read).length > before)
  device.write([packetToHost(pattern(51, 2))])
  await lab.until('a packet comes to the host', () => host.taken.length > taken)
}
