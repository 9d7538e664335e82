import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DatagramViews } from '../../../src/core/offload/datagram-views.js'
import { native } from '../../../src/native/base/native.js'
import { IOVEC, MESSAGE } from '../../../src/native/sockets/message-layout.js'
import { IncomingMessages } from '../../../src/native/udp/incoming-messages.js'
import { orSkipped } from '../../support/native-missing.js'
import { nativeMissing } from '../../support/udp/udp-backends.js'

const ROOM = { before: 64, after: 64 }
const TRUNCATED = 0x20
const CONTROL_TRUNCATED = 0x08

/** What a kernel of our own delivers. */
interface Delivery {
  readonly bytes: Uint8Array
  readonly segmentSize?: number
  readonly flags?: number
}

describe.skipIf(nativeMissing)(orSkipped('IncomingMessages', nativeMissing), () => {
  let deliveries: Delivery[]
  let incoming: IncomingMessages

  beforeEach(() => {
    const { arena, sockets } = native()
    incoming = new IncomingMessages(arena, { ...sockets, recvmmsg: deliver }, 4, ROOM)
  })

  afterEach(() => incoming.release())

  it('cuts what the kernel joined into datagrams, the last one shorter', () => {
    deliveries = [{ bytes: new Uint8Array(250).map((_, index) => index), segmentSize: 100 }]
    expect(received()).toMatchObject([[{ length: 100 }, { length: 100 }, { length: 50 }]])
  })

  it('cuts nothing where a segment is as long as the message, or longer', () => {
    for (const segmentSize of [0, 250, 300]) {
      deliveries = [{ bytes: new Uint8Array(250), segmentSize }]
      expect(received()).toMatchObject([[{ length: 250 }]])
    }
  })

  it('makes no empty datagram behind the last one', () => {
    deliveries = [{ bytes: new Uint8Array(200), segmentSize: 100 }]
    expect(received()).toMatchObject([[{ length: 100 }, { length: 100 }]])
  })

  it('hands over a datagram of no bytes as such', () => {
    deliveries = [{ bytes: new Uint8Array(0) }]
    expect(received()).toMatchObject([[{ length: 0 }]])
  })

  it('passes over what did not fit, and opens the next', () => {
    deliveries = [
      { bytes: new Uint8Array(10), flags: TRUNCATED },
      { bytes: new Uint8Array(11), flags: CONTROL_TRUNCATED },
      { bytes: new Uint8Array(12) },
    ]
    expect(received()).toMatchObject([undefined, undefined, [{ length: 12 }]])
  })

  it('leaves room around messages', () => {
    deliveries = [{ bytes: new Uint8Array(65_536) }, { bytes: new Uint8Array(65_536) }]
    const [[first], [second]] = received() as [[Uint8Array], [Uint8Array]]
    expect(first.byteOffset).toBeGreaterThanOrEqual(ROOM.before)
    expect(second.byteOffset - first.byteOffset - first.length).toBe(ROOM.before + ROOM.after)
  })

  function received(): (Uint8Array[] | undefined)[] {
    const count = incoming.receive(0)
    return Array.from({ length: count }, (_, message) => {
      if (!incoming.open(message)) return undefined
      const train = { bytes: incoming.bytes(message), size: incoming.segmentSize || 65_536 }
      return [...new DatagramViews().of([train])]
    })
  }

  function deliver(_fd: number, address: number, count: number): number {
    const { arena } = native()
    const { bytes, view } = arena
    const pointer = (at: number) => Number(view.getBigUint64(at, true)) - arena.address(0)
    for (const [index, { bytes: data, segmentSize = 0, flags = 0 }] of deliveries.entries()) {
      const at = address - arena.address(0) + index * MESSAGE.bytes
      expect(index).toBeLessThan(count)
      expect(view.getUint32(at + MESSAGE.nameLength, true)).toBe(16)
      expect(view.getUint32(at + MESSAGE.controlLength, true)).toBe(128)
      bytes.set(data, pointer(pointer(at + MESSAGE.iovecs) + IOVEC.base))
      const control = pointer(at + MESSAGE.control)
      view.setUint32(control, 20, true)
      view.setInt32(control + 8, 17, true)
      view.setInt32(control + 12, 104, true)
      view.setInt32(control + 16, segmentSize, true)
      view.setUint32(at + MESSAGE.controlLength, segmentSize === 0 ? 0 : 24, true)
      view.setUint32(at + MESSAGE.nameLength, 8, true)
      view.setUint32(at + MESSAGE.flags, flags, true)
      view.setUint32(at + MESSAGE.received, data.length, true)
    }
    return deliveries.length
  }
})
