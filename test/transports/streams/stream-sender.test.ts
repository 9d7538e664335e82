import { describe, expect, it } from 'vitest'
import { pattern } from '../../../src/conformance/kit/recorder.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { SendBufferPool } from '../../../src/transports/streams/send-buffer-pool.js'
import { MAX_WRITE } from '../../../src/transports/streams/send-queue.js'
import { StreamSender } from '../../../src/transports/streams/stream-sender.js'

describe('StreamSender', () => {
  it('hands small datagrams over together and large ones alone', () => {
    const { outbox: sender, writes } = start()
    sender.send([pattern(100, 1), pattern(200, 2), pattern(65_500, 3), pattern(600, 4)])
    expect(writes.map((write) => write.sizes)).toEqual([[100, 200], [65_500], [600]])
  })

  it('drops and counts what no stream carries', () => {
    const { outbox: sender, writes } = start()
    sender.send([new Uint8Array(0), new Uint8Array(65_536), pattern(1, 1)])
    expect(writes.map((write) => write.sizes)).toEqual([[1]])
    expect(sender.drops).toEqual({ oversized: 1, empty: 1, overflow: 0 })
  })

  it('drops and counts what does not fit behind the bytes that wait', () => {
    const { outbox: sender, socket, writes } = start()
    socket.prompt = false
    for (let count = 0; count < 6; count++) sender.send([pattern(60_000, count)])
    expect(writes).toHaveLength(4)
    expect(sender.drops.overflow).toBe(2)
  })

  it('is not writable until half of what waits is gone, and tells so', () => {
    const { outbox: sender, socket, passOn, told } = start()
    socket.prompt = false
    for (let count = 0; count < 4; count++) sender.send([pattern(60_000, count)])
    expect(sender.writable).toBe(false)
    passOn(1)
    expect([sender.writable, told.drained]).toEqual([false, 0])
    passOn(1)
    expect([sender.writable, told.drained]).toEqual([true, 1])
    passOn(2)
    expect(told.drained).toBe(1)
  })

  it('drops what would wait for more than 100 ms, however little it is', () => {
    const { clock, outbox: sender, socket, passOn, told } = start()
    socket.prompt = false
    sender.send([pattern(100, 1)])
    clock.advance(100)
    expect(sender.writable).toBe(true)
    clock.advance(1)
    sender.send([pattern(100, 2)])
    expect(sender.drops.overflow).toBe(1)
    expect(sender.writable).toBe(false)
    passOn(1)
    expect([sender.writable, told.drained]).toEqual([true, 1])
  })

  it('uses the same memory again for a socket that keeps up', () => {
    const { outbox: sender, writes } = start()
    sender.send([pattern(100, 1)])
    sender.send([pattern(200, 2)])
    expect(writes[1]!.memory.buffer).toBe(writes[0]!.memory.buffer)
  })

  it('never touches memory again that a socket kept', () => {
    const { outbox: sender, socket, writes } = start()
    sender.send([pattern(100, 1)])
    socket.prompt = false
    for (let seed = 2; seed < 6; seed++) sender.send([pattern(100, seed)])
    for (const [index, { memory }] of writes.entries()) {
      if (index > 0) expect(memory).toEqual(Buffer.from(pattern(100, index + 1)))
    }
  })
})

/** An outbox before a socket that takes bytes at once, or keeps them until `passOn` is called. */
function start() {
  const clock = new VirtualClock()
  const writes: { sizes: number[]; memory: Uint8Array; done: () => void }[] = []
  const socket = { prompt: true, waiting: 0 }
  const told = { drained: 0 }
  const kept: { bytes: number; done: () => void }[] = []
  const sender: StreamSender = new StreamSender({
    waiting: () => socket.waiting,
    write(datagrams, done) {
      const sizes = datagrams.map(({ length }) => length)
      const bytes = sizes.reduce((sum, length) => sum + length, 0)
      const memory = sender.memory(bytes)
      let at = 0
      for (const datagram of datagrams) {
        memory.set(datagram, at)
        at += datagram.length
      }
      writes.push({ sizes, memory, done })
      if (socket.prompt) done()
      else {
        socket.waiting += bytes
        kept.push({ bytes, done })
      }
    },
    shared: { clock, memory: new SendBufferPool(MAX_WRITE), sendQueue: undefined },
    drained: () => {
      told.drained++
    },
  })
  const passOn = (count: number) => {
    for (const { bytes, done } of kept.splice(0, count)) {
      socket.waiting -= bytes
      done()
    }
  }
  return { clock, outbox: sender, writes, socket, told, passOn }
}
