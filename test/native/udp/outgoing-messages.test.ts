import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { native } from '../../../src/native/base/native.js'
import { encodeSocketAddress } from '../../../src/native/sockets/socket-address.js'
import { OutgoingMessages } from '../../../src/native/udp/outgoing-messages.js'
import { orSkipped } from '../../support/native-missing.js'
import { readMessages, type SentMessage } from '../../support/udp/sent-messages.js'
import { nativeMissing } from '../../support/udp/udp-backends.js'

const NAME = encodeSocketAddress({ family: 4, ip: Uint8Array.of(192, 0, 2, 1), port: 7 })

describe.skipIf(nativeMissing)(orSkipped('OutgoingMessages', nativeMissing), () => {
  let sent: SentMessage[]
  let results: number[]
  let messages: OutgoingMessages

  beforeEach(() => {
    sent = []
    results = []
    const { arena, sockets } = native()
    messages = new OutgoingMessages(
      arena,
      {
        ...sockets,
        sendmmsg(_fd, address, count) {
          sent.push(...readMessages(arena, address, count))
          return results.shift() ?? count
        },
      },
      4,
    )
    messages.setPath(new Uint32Array(NAME.buffer), undefined)
  })

  afterEach(() => messages.release())

  it('refers to what lies in the arena and copies what does not', () => {
    const region = native().arena.reserve(100)
    region.bytes.fill(1)
    const outside = new Uint8Array(50).fill(2)
    messages.add(region.bytes)
    messages.add(outside)
    region.bytes.fill(3)
    outside.fill(3)
    expect(messages.send(0, 0)).toBe(2)
    expect(sent.map(({ bytes }) => bytes)).toEqual([new Uint8Array(100).fill(3), new Uint8Array(50).fill(2)])
    expect(sent.map(({ name, segmentSize, local }) => ({ name, segmentSize, local }))).toEqual(
      Array(2).fill({ name: NAME, segmentSize: 0, local: undefined }),
    )
    region.release()
  })

  it('makes one piece of datagrams that adjoin, and several of others', () => {
    const region = native().arena.reserve(400)
    const parts = [0, 100, 250].map((at) => region.bytes.subarray(at, at + 100))
    messages.add(parts[0]!)
    messages.join(parts[1]!)
    messages.join(parts[2]!)
    messages.send(0, 0)
    expect(sent).toMatchObject([{ segmentSize: 100, pieces: 2 }])
    expect(sent[0]!.bytes.length).toBe(300)
    expect(messages.datagrams(0)).toBe(3)
    region.release()
  })

  it('makes one piece of segments that are added at once, the last one shorter', () => {
    const region = native().arena.reserve(250)
    region.bytes.fill(7)
    messages.addSegments(region.bytes, 100, 3)
    messages.addSegments(region.bytes.subarray(0, 60), 60, 1)
    messages.send(0, 0)
    expect(sent).toMatchObject([
      { segmentSize: 100, pieces: 1 },
      { segmentSize: 0, pieces: 1 },
    ])
    expect(sent.map(({ bytes }) => bytes.length)).toEqual([250, 60])
    expect([messages.datagrams(0), messages.datagrams(1)]).toEqual([3, 1])
    sent = []
    messages.sendOneByOne(0, 0, () => false)
    expect(sent.map(({ bytes }) => bytes.length)).toEqual([100, 100, 50])
    region.release()
  })

  it('sends from the local address that is set, with and without segments', () => {
    messages.setPath(new Uint32Array(NAME.buffer), new Uint32Array(Uint8Array.of(10, 0, 0, 9).buffer))
    messages.add(new Uint8Array(10))
    messages.add(new Uint8Array(10))
    messages.join(new Uint8Array(10))
    messages.send(0, 0)
    const local = Uint8Array.of(0, 0, 0, 0, 10, 0, 0, 9, 0, 0, 0, 0)
    expect(sent).toMatchObject([
      { segmentSize: 0, local },
      { segmentSize: 10, local },
    ])
  })

  it('takes no more than there is room for, and everything again once it is cleared', () => {
    for (let count = 0; count < 2; count++) {
      let added = 0
      while (messages.add(new Uint8Array(1))) added++
      expect(added).toBe(64)
      messages.clear()
      while (
        messages.count === 0 ? messages.add(new Uint8Array(50_000)) : messages.join(new Uint8Array(50_000))
      );
      expect(messages.datagrams(0)).toBe(2)
      messages.clear()
    }
  })

  it('bounds the pieces of a call', () => {
    const region = native().arena.reserve(4_096)
    messages.add(region.bytes.subarray(0, 1))
    let joined = 1
    while (messages.join(region.bytes.subarray(2 * joined, 2 * joined + 1))) joined++
    expect(joined).toBe(1023)
    region.release()
  })

  it('sends a message’s datagrams singly, each as often as it is told to', () => {
    const parts = [new Uint8Array(10).fill(1), new Uint8Array(10).fill(2), new Uint8Array(3).fill(3)]
    messages.add(parts[0]!)
    for (const part of parts.slice(1)) messages.join(part)
    results = [1, -22, 1, 1]
    messages.sendOneByOne(0, 0, (result) => result < 0)
    expect(sent.map(({ bytes }) => bytes)).toEqual([parts[0], parts[1], parts[1], parts[2]])
    expect(sent.every(({ segmentSize }) => segmentSize === 0)).toBe(true)
  })

  it('sends a message of no bytes singly, too', () => {
    messages.add(new Uint8Array(0))
    messages.sendOneByOne(0, 0, () => false)
    expect(sent.map(({ bytes }) => bytes.length)).toEqual([0])
  })
})
