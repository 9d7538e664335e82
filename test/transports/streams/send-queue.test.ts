import { describe, expect, it } from 'vitest'
import { STREAM_SETTINGS } from '../../../src/core/settings/option-groups.js'
import { MAX_WAIT, MAX_WRITE, SendQueue } from '../../../src/transports/streams/send-queue.js'

const LIMIT = STREAM_SETTINGS.sendQueue.default
const NOW = 5_000

describe('SendQueue', () => {
  it('admits what fits and refuses what would go beyond the limit', () => {
    const queue = new SendQueue()
    expect(queue.admits(100, LIMIT - 100, NOW)).toBe(true)
    expect(queue.admits(101, LIMIT - 100, NOW)).toBe(false)
  })

  it('admits anything where nothing waits', () => {
    expect(new SendQueue(1000).admits(65_537, 0, NOW)).toBe(true)
  })

  it('stays writable while the largest datagram fits', () => {
    const queue = new SendQueue()
    expect(queue.writable(LIMIT - MAX_WRITE, NOW)).toBe(true)
    expect(queue.writable(LIMIT - MAX_WRITE + 1, NOW)).toBe(false)
  })

  it('is writable again when half of it is gone, and says so once', () => {
    const queue = new SendQueue()
    for (let write = 0; write < 4; write++) queue.handedOver(NOW)
    expect(queue.writable(200_000, NOW)).toBe(false)
    expect(queue.written(150_000, NOW)).toBe(false)
    expect(queue.writable(150_000, NOW)).toBe(false)
    expect(queue.written(100_000, NOW)).toBe(true)
    expect(queue.writable(100_000, NOW)).toBe(true)
    expect(queue.written(50_000, NOW)).toBe(false)
  })

  it('refuses more while the oldest bytes have waited too long', () => {
    const queue = new SendQueue()
    queue.handedOver(NOW)
    queue.handedOver(NOW + 75)
    expect(queue.admits(100, 2_000, NOW + MAX_WAIT)).toBe(true)
    expect(queue.admits(100, 2_000, NOW + MAX_WAIT + 1)).toBe(false)
    expect(queue.writable(2_000, NOW + MAX_WAIT + 1)).toBe(false)
    expect(queue.written(1_000, NOW + MAX_WAIT + 100)).toBe(false)
    expect(queue.written(0, NOW + MAX_WAIT + 150)).toBe(true)
  })
})
