import { describe, expect, it } from 'vitest'
import { packet, pattern } from '../../lab/offload-packets.js'
import { hasRoom, MAX_PACKET, type Packet, packetOf } from '../../src/core/api/packet.js'
import type { TunDevice, TunOptions } from '../../src/core/api/tun-device.js'
import { memoryDevice } from '../../src/tun/memory-device.js'

const options: TunOptions = { name: undefined, mtu: 1420, addresses: [], routes: [] }
const failed = (error: Error) => expect.unreachable(error.message)

/** A device with what its program and its tunnel were given. */
async function opened() {
  const came: Uint8Array[][] = []
  const left: Packet[][] = []
  const device = memoryDevice({ receive: (packets) => came.push([...packets]) })
  const tun = await device.open(options)
  const start = () => tun.start({ receive: (packets) => left.push([...packets]), failed })
  return { came, left, device, tun, start }
}

/** Lets what is told in later microtasks be told. */
const told = () => new Promise((resolve) => setImmediate(resolve))

describe('memoryDevice', () => {
  it('gives packets to the tunnel as copies with room around them, in one batch', async () => {
    const { left, device, start } = await opened()
    start()
    const packet = Uint8Array.of(1, 2)
    expect(device.send(packet, Uint8Array.of(3))).toBe(true)
    packet.fill(9)
    expect(left.map((batch) => batch.map(({ bytes }) => [...bytes]))).toEqual([[[1, 2], [3]]])
    expect(left[0]!.every(({ bytes }) => hasRoom(bytes))).toBe(true)
  })

  it('takes packets as copies, after the call that brought them', async () => {
    const { came, tun } = await opened()
    const packet = packetOf(Uint8Array.of(1, 2))
    tun.write([packet])
    packet.bytes.fill(9)
    tun.write([packetOf(Uint8Array.of(3))])
    expect(came).toEqual([])
    await told()
    expect(came).toEqual([[Uint8Array.of(1, 2), Uint8Array.of(3)]])
  })

  it('gives the program whole packets where a super-packet came', async () => {
    const { came, tun } = await opened()
    tun.write([packet({ version: 4, protocol: 'tcp', payload: pattern(300), segmentSize: 100 })])
    await told()
    expect(came.flat().map(({ length }) => length)).toEqual([140, 140, 140])
  })

  it('says whether the tunnel takes packets, and when', async () => {
    const { left, device, tun, start } = await opened()
    const sent = Uint8Array.of(1)
    const early = device.ready()
    expect(device.send(sent)).toBe(false)
    start()
    await early
    tun.pause()
    expect(device.send(sent)).toBe(false)
    const later = device.ready()
    tun.resume()
    await later
    expect(device.send(sent)).toBe(true)
    await tun.close()
    expect(device.send(sent)).toBe(false)
    expect(left).toHaveLength(1)
  })

  it('tells who waits that the tunnel ended', async () => {
    const { device, tun, start } = await opened()
    start()
    tun.pause()
    const waiting = device.ready()
    await tun.close()
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_TUN_FAILED' })
  })

  it('is bounded, and counts what it drops', async () => {
    const { came, left, device, tun, start } = await opened()
    start()
    device.send(new Uint8Array(MAX_PACKET + 1))
    tun.write(Array.from({ length: 4_097 }, () => packetOf(Uint8Array.of(1))))
    await told()
    expect([came.flat().length, left]).toEqual([4_096, []])
    expect(device.drops).toEqual({ oversized: 1, overflow: 1 })
  })

  it('belongs to one tunnel at a time', async () => {
    const { device, tun } = await opened()
    await expect(device.open(options)).rejects.toThrow(
      'Cannot open the device of the program: another tunnel has it; make one for each',
    )
    await tun.close()
    expect(((await device.open(options)) as TunDevice).name).toBe('memory')
  })

  it('follows the MTU of its tunnel', async () => {
    const { device, tun } = await opened()
    const none = { added: [], removed: [] }
    await tun.change!({ mtu: 1300, addresses: none, routes: none })
    expect(device.mtu).toBe(1300)
    await tun.close()
    expect(device.mtu).toBe(0)
  })
})
