import { describe, expect, it } from 'vitest'
import { hasRoom, MAX_PACKET, packetOf } from '../../src/core/api/packet.js'
import type { TunOptions } from '../../src/core/api/tun-device.js'
import { MemoryTunDriver } from '../../src/tun/memory.js'

const options: TunOptions = { name: undefined, mtu: 1420, addresses: [], routes: [] }

describe('MemoryTunDriver', () => {
  it('hands injected packets over with room around them', async () => {
    const device = await new MemoryTunDriver().open(options)
    const received: string[] = []
    device.inject(Uint8Array.of(1))
    device.start({
      receive: (packets) => {
        for (const { bytes } of packets) received.push(`${[...bytes]} ${hasRoom(bytes)}`)
      },
      failed: (error) => expect.unreachable(error.message),
    })
    device.inject(Uint8Array.of(2), Uint8Array.of(3, 4))
    expect(received).toEqual(['2 true', '3,4 true'])
  })

  it('keeps copies of what is written', async () => {
    const device = await new MemoryTunDriver().open(options)
    const packet = packetOf(Uint8Array.of(1, 2))
    device.write([packet])
    packet.bytes.fill(9)
    expect(device.written).toEqual([Uint8Array.of(1, 2)])
  })

  it('keeps a bounded number of packets, and counts those it drops', async () => {
    const device = await new MemoryTunDriver().open(options)
    const batch = Array.from({ length: 65_537 }, () => packetOf(Uint8Array.of(1)))
    device.write([...batch, packetOf(new Uint8Array(MAX_PACKET + 1))])
    expect(device.written).toHaveLength(65_536)
    expect(device.drops).toEqual({ oversized: 1, overflow: 1 })
  })

  it('lets something play the host', async () => {
    const device = await new MemoryTunDriver().open(options)
    const batches: number[] = []
    device.host = (packets) => batches.push(packets.length)
    device.write([packetOf(Uint8Array.of(1)), packetOf(Uint8Array.of(2))])
    expect(batches).toEqual([2])
    expect(device.written).toEqual([])
  })

  it('tells of a failure once, and is closed then', async () => {
    const driver = new MemoryTunDriver()
    const device = await driver.open(options)
    const failures: string[] = []
    device.start({ receive: () => {}, failed: (error) => failures.push(error.message) })
    device.fail(new Error('gone'))
    device.fail(new Error('gone'))
    device.write([packetOf(Uint8Array.of(1))])
    expect(failures).toEqual(['gone'])
    expect(device.written).toEqual([])
    expect(driver.devices.size).toBe(0)
  })

  it('names devices, and refuses a name that is in use until it is free', async () => {
    const driver = new MemoryTunDriver()
    const first = await driver.open(options)
    const second = await driver.open(options)
    expect([first.name, second.name]).toEqual(['memory0', 'memory1'])
    await expect(driver.open({ ...options, name: 'memory0' })).rejects.toMatchObject({
      name: 'TunError',
      code: 'ERR_TUN_NAME',
      message: "Cannot create the TUN device: 'memory0' is in use; choose another name",
    })
    await first.close()
    await first.close()
    expect((await driver.open({ ...options, name: 'memory0' })).name).toBe('memory0')
  })
})
