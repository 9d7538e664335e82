import { afterEach, describe, expect, it } from 'vitest'
import { addPlugin } from '../../src/app/plugins/plugins.js'
import { Tunnel } from '../../src/app/tunnel/tunnel.js'
import { VirtualClock } from '../../src/conformance/kit/virtual-clock.js'
import type { PacketHook } from '../../src/core/api/packet-hook.js'
import type { PacketHookContext } from '../../src/core/plugin/plugin.js'
import { never, packet } from '../support/memory-net.js'
import { TunnelLab } from '../support/tunnel-lab.js'

const FAR = 'memory://hooks-far'

describe('A tunnel with packet hooks', () => {
  const tunnels: Tunnel[] = []
  afterEach(async () => {
    for (const tunnel of tunnels.splice(0)) await tunnel.close()
  })

  /** A lab whose hooks `one` and `two` are made by these functions, and how to start a tunnel with some. */
  function lab(one: (context: PacketHookContext) => unknown, two: typeof one = () => ({ outgoing() {} })) {
    const lab = new TunnelLab(new VirtualClock())
    const summary = 'for a test'
    const create = (make: typeof one) => (context: PacketHookContext) => make(context) as PacketHook
    addPlugin(
      lab.container,
      {
        api: 1,
        name: 'hooks',
        packetHooks: { one: { summary, create: create(one) }, two: { summary, create: create(two) } },
      },
      'hooks',
    )
    return {
      ...{ open: lab.open, tunDriver: lab.tunDriver, warnings: lab.warnings },
      async start(...packetHooks: string[]) {
        const far = await Tunnel.start(lab.container, lab.config(undefined, FAR), never)
        tunnels.push(far)
        const near = await Tunnel.start(lab.container, { ...lab.config(FAR), packetHooks }, never)
        tunnels.push(near)
        return near
      },
    }
  }

  it('takes packets through those that it names, in their order, tells them the MTU and closes them together', async () => {
    const told: unknown[] = []
    const noting =
      (name: string) =>
      ({ mtu }: PacketHookContext) => ({
        outgoing: (_packets: unknown, { id }: { id: string }) => void told.push(`${name} ${mtu} ${id}`),
        close: async () => void told.push(`${name} closed`),
      })
    const { start, tunDriver } = lab(noting('one'), noting('two'))
    const tunnel = await start('two', 'one')
    tunDriver.devices.get(tunnel.device)!.inject(packet(1, 2, 0))
    expect(told).toEqual(['two 1420 peer', 'one 1420 peer'])
    await tunnel.close()
    expect(told.slice(2)).toEqual(['two closed', 'one closed'])
  })

  it('makes none that it does not name', async () => {
    let made = 0
    const { start } = lab(() => made++)
    await start()
    expect(made).toBe(0)
  })

  it('shows in its status what they dropped', async () => {
    const { start, tunDriver } = lab(() => ({
      drops: { denied: 2 },
      outgoing: () => ({ packets: [] }),
    }))
    const tunnel = await start('one')
    tunDriver.devices.get(tunnel.device)!.inject(packet(1, 2, 0))
    const { drops, peers } = tunnel.status()
    expect([drops, peers[0]!.drops]).toEqual([{ 'hooks.one.denied': 2 }, { hooked: 1 }])
  })

  it('ends with the fault of one that fails too often, and leaves nothing open', async () => {
    const { open, start, tunDriver } = lab(() => ({
      outgoing() {
        throw new Error('boom')
      },
    }))
    const tunnel = await start('one')
    await tunnels.shift()!.close()
    for (let time = 0; time < 10; time++) tunDriver.devices.get(tunnel.device)?.inject(packet(1, 2, 0))
    await expect(tunnel.ended).rejects.toMatchObject({
      code: 'ERR_PLUGIN_FAULT',
      message:
        "Cannot go on with packet hook 'one' of plugin 'hooks': 'outgoing' failed for the 10th time within 10 s: boom",
    })
    expect(open).toEqual([])
  })

  it.each([
    [() => undefined, 'returned no packet hook: what it made is no object'],
    [() => ({}), "returned no packet hook: it has neither a function 'outgoing' nor 'incoming'"],
    [() => ({ outgoing: 7 }), "returned no packet hook: its 'outgoing' is no function"],
    [() => ({ incoming() {}, close: {} }), "returned no packet hook: its 'close' is no function"],
    [() => ({ incoming() {}, drops: 7 }), "returned no packet hook: its 'drops' are no object"],
    [
      () => {
        throw new Error('no luck\nat line 2')
      },
      'failed: no luck',
    ],
  ])('does not start with one that is none: %#', async (make, why) => {
    const closed: string[] = []
    const { open, start } = lab(make, () => ({ incoming() {}, close: () => void closed.push('two') }))
    const code = 'ERR_PLUGIN_INVALID'
    await expect(start('two', 'one')).rejects.toMatchObject({
      code,
      message: `Cannot use packet hook 'one' of plugin 'hooks': 'create' ${why}`,
    })
    expect(closed).toEqual(['two'])
    await tunnels.shift()!.close()
    expect(open).toEqual([])
  })

  it('does not start with one that nobody offers', async () => {
    const { start } = lab(() => ({ outgoing() {} }))
    await expect(start('three')).rejects.toMatchObject({
      code: 'ERR_PLUGIN_UNKNOWN',
      message: "Cannot choose packet hook 'three': known are one, two",
    })
  })

  it('names a hook that fails as it is closed', async () => {
    const { start, warnings } = lab(() => ({
      outgoing() {},
      close() {
        throw new Error('boom')
      },
    }))
    await (await start('one')).close()
    expect(warnings).toEqual(['cannot close a part'])
  })
})
