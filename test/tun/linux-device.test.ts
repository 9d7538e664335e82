import fs from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/core/api/logger.js'
import { HEADROOM, MAX_PACKET, type Packet, TAILROOM } from '../../src/core/api/packet.js'
import { native } from '../../src/native/base/native.js'
import { LinuxTunDevice } from '../../src/tun/linux-device.js'
import { VIRTIO_HEADER } from '../../src/tun/virtio.js'
import { eventually } from '../support/eventually.js'
import { nativeMissing, orSkipped } from '../support/native-missing.js'
import { openDatagramSockets } from '../support/pipe.js'

/** A socket stands in for the device: what is written to the other end is read as packets. */
describe.skipIf(nativeMissing)(orSkipped('the TUN device on its bare descriptor', nativeMissing), () => {
  let device: LinuxTunDevice
  let kernel: number
  /** The marks of the packets of each batch. */
  const batches: number[][] = []
  /** Called with each batch. */
  let received: () => void

  beforeEach(() => {
    const [near, far] = openDatagramSockets()
    kernel = far
    batches.length = 0
    received = () => {}
    const offload = { tcp: true, udp: true }
    device = new LinuxTunDevice(native(), near, {
      name: 'tun',
      offload,
      routingTable: undefined,
      log: silentLogger,
    })
    device.start({
      receive: (packets) => {
        batches.push(packets.map(({ bytes }) => bytes[0]!))
        received()
      },
      failed: (error) => expect.unreachable(error.message),
    })
  })

  afterEach(async () => {
    await device.close()
    fs.closeSync(kernel)
  })

  const send = (...marks: number[]) => {
    for (const mark of marks) fs.writeSync(kernel, Uint8Array.of(...new Array(VIRTIO_HEADER).fill(0), mark))
  }
  const arrived = (count: number) => eventually(`${count} arrive`, () => batches.flat().length, count)

  it('hands over the first packet at once where the last wake-up brought one alone, and else all as one batch', async () => {
    send(1, 2, 3)
    await arrived(3)
    send(4, 5)
    await arrived(5)
    send(6)
    await arrived(6)
    send(7, 8)
    await arrived(8)
    expect(batches).toEqual([[1], [2, 3], [4, 5], [6], [7], [8]])
  })

  it('writes the largest packet, and drops and counts larger ones, wherever they lie', () => {
    const region = native().arena.reserve(HEADROOM + MAX_PACKET + 1 + TAILROOM)
    const elsewhere = new Uint8Array(region.length)
    const packet = (memory: Uint8Array, length: number, mark: number): Packet => {
      const bytes = memory.subarray(HEADROOM, HEADROOM + length)
      bytes[0] = mark
      return { bytes, segmentSize: 0, checksum: 'full' }
    }
    device.write([packet(elsewhere, MAX_PACKET + 1, 1), packet(region.bytes, MAX_PACKET + 1, 2)])
    device.write([packet(elsewhere, MAX_PACKET, 3), packet(region.bytes, MAX_PACKET, 4)])
    region.release()
    expect(device.drops).toEqual({ refused: 0, malformed: 0, oversized: 2 })
    const memory = new Uint8Array(VIRTIO_HEADER + MAX_PACKET + 100)
    const written = [1, 2].map(() => [fs.readSync(kernel, memory), memory[VIRTIO_HEADER]])
    expect(written).toEqual([
      [VIRTIO_HEADER + MAX_PACKET, 3],
      [VIRTIO_HEADER + MAX_PACKET, 4],
    ])
    expect(() => fs.readSync(kernel, memory)).toThrow('EAGAIN')
  })

  it('reads no further where it is paused by what it handed over', async () => {
    received = () => device.pause()
    send(1, 2)
    await arrived(1)
    expect(batches).toEqual([[1]])
    device.resume()
    await arrived(2)
  })
})
