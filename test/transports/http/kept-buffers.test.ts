import { describe, expect, it } from 'vitest'
import { KeptBuffers } from '../../../src/transports/http/kept-buffers.js'
import { MAX_WRITE } from '../../../src/transports/streams/send-queue.js'

describe('KeptBuffers', () => {
  it('gives out memory again once all before it is acknowledged, and not before', () => {
    const buffers = new KeptBuffers()
    const first = buffers.shared(MAX_WRITE)
    const second = buffers.own(MAX_WRITE)
    expect(second.buffer).toBe(first.buffer)
    expect(second.byteOffset).toBe(MAX_WRITE)
    buffers.release(2 * MAX_WRITE - 1, 0)
    const third = buffers.own(10)
    expect(third.buffer).not.toBe(first.buffer)
    buffers.release(2 * MAX_WRITE, 0)
    expect(buffers.own(MAX_WRITE).buffer).toBe(third.buffer)
    expect(buffers.own(MAX_WRITE).buffer).toBe(first.buffer)
  })

  it('keeps one slab for a session that sends little', () => {
    const buffers = new KeptBuffers()
    const memories = new Set<ArrayBufferLike>()
    for (let sent = 0; sent < 10_000; sent++) {
      memories.add(buffers.own(100).buffer)
      buffers.release(100 * sent, 0)
    }
    expect(memories.size).toBeLessThanOrEqual(2)
  })

  it('has no new memory for bytes that come and go, and gives back what was too much for 10 s', () => {
    const buffers = new KeptBuffers()
    const memories = new Set<ArrayBufferLike>()
    let sent = 0
    const burst = (now: number) => {
      for (let writes = 0; writes < 18; writes++) memories.add(buffers.own(MAX_WRITE).buffer)
      sent += 18 * MAX_WRITE
      buffers.release(sent, now)
    }
    for (let now = 0; now < 9_000; now += 100) burst(now)
    expect(memories.size).toBe(9)
    buffers.release(sent, 18_899)
    burst(18_900)
    expect(memories.size).toBe(9)
    buffers.release(sent, 28_900)
    burst(28_901)
    expect(memories.size).toBe(9 + 5)
  })
})
