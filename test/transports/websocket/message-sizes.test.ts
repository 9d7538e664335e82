import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { MessageSizes, tellingSize, toldSize } from '../../../src/transports/websocket/message-sizes.js'

const HOUR = 3_600_000

function lab(most?: number) {
  const clock = new VirtualClock()
  const sizes = new MessageSizes({ clock, log: silentLogger }, most)
  const dial = (dialled = true) => sizes.watch('a', sizes.to('a'), dialled)
  return { clock, sizes, dial, size: () => sizes.to('a') }
}

const messages = (...lengths: number[]) => lengths.map((length) => new Uint8Array(length))

describe('MessageSizes', () => {
  it('halves the size at each 1009, down to 2,048, for that place and for an hour', () => {
    const { clock, dial, size, sizes } = lab()
    const seen: number[] = []
    for (let times = 0; times < 7; times++) {
      seen.push(size())
      dial().refused()
    }
    expect(seen).toEqual([65_535, 32_768, 16_384, 8_192, 4_096, 2_048, 2_048])
    expect(sizes.to('b')).toBe(65_535)
    clock.advance(HOUR)
    expect(size()).toBe(65_535)
  })

  it('goes below the message that was refused at once', () => {
    const { dial, size } = lab()
    const watch = dial()
    watch.sent(messages(1_400, 9_000, 5_000))
    watch.refused()
    expect(size()).toBe(8_192)
  })

  it('takes 1009 of a client that was sent nothing large for nothing', () => {
    const { dial, size } = lab()
    dial(false).refused()
    expect(size()).toBe(65_535)
    const watch = dial(false)
    watch.sent(messages(60_000))
    watch.refused()
    expect(size()).toBe(32_768)
  })

  it('takes two large messages for too large behind which nothing came before the link died', () => {
    const { clock, dial, size } = lab()
    const silent = dial()
    silent.sent(messages(1_400, 60_000, 40_000))
    clock.advance(2_500)
    silent.ended('here')
    expect(size()).toBe(32_768)
    const first = dial()
    first.sent(messages(20_000))
    first.ended('failed')
    expect(size()).toBe(32_768)
    const second = dial()
    second.sent(messages(20_000))
    second.ended('failed')
    expect(size()).toBe(16_384)
  })

  it('learns nothing of links that carried large messages, or none, or ended in order', () => {
    const { clock, dial, size } = lab()
    const carried = dial()
    carried.sent(messages(60_000, 60_000))
    clock.advance(1_000)
    carried.received()
    expect(carried.isWatching).toBe(false)
    carried.ended('failed')
    const small = dial()
    small.sent(messages(1_400, 2_048, 64))
    small.ended('failed')
    const ended = dial()
    ended.sent(messages(60_000, 60_000))
    ended.ended('there')
    const closed = dial()
    closed.sent(messages(60_000, 60_000))
    clock.advance(1_999)
    closed.ended('here')
    expect(size()).toBe(65_535)
  })

  it('does not take what was on its way for an answer, and goes on watching what is larger', () => {
    const { clock, dial, size } = lab()
    const watch = dial()
    watch.sent(messages(10_000))
    clock.advance(1_000)
    watch.received()
    expect(watch.isWatching).toBe(true)
    watch.sent(messages(10_000, 60_000, 60_000))
    clock.advance(999)
    watch.received()
    watch.ended('failed')
    expect(size()).toBe(32_768)
  })

  it('forgets single losses once large messages pass', () => {
    const { clock, dial, size } = lab()
    const first = dial()
    first.sent(messages(60_000))
    first.ended('failed')
    const second = dial()
    second.sent(messages(60_000))
    clock.advance(1_000)
    second.received()
    const third = dial()
    third.sent(messages(60_000))
    third.ended('failed')
    expect(size()).toBe(65_535)
  })

  it('narrows links to that place that are open, but for those that carried large messages', () => {
    const { clock, dial, sizes } = lab()
    const open = () => {
      const narrowed: number[] = []
      const watch = dial()
      watch.begins((bytes) => narrowed.push(bytes))
      return { watch, narrowed }
    }
    const [first, other, carrying, over] = [open(), open(), open(), open()]
    const elsewhere: number[] = []
    sizes.watch('b', 65_535, true).begins((bytes) => elsewhere.push(bytes))
    carrying.watch.sent(messages(60_000))
    clock.advance(1_000)
    carrying.watch.received()
    over.watch.ended('there')
    first.watch.refused()
    first.watch.ended('failed')
    dial().refused()
    expect(other.narrowed).toEqual([32_768, 16_384])
    expect([first, carrying, over].map(({ narrowed }) => narrowed)).toEqual([[], [], []])
    expect(elsewhere).toEqual([])
  })

  it('keeps what the far end told of an endpoint for an hour, and nothing that a client told', () => {
    const { clock, dial, size, sizes } = lab()
    expect(sizes.from('a')).toBeUndefined()
    dial(false).told(9_000)
    expect(sizes.from('a')).toBeUndefined()
    dial().told(9_000)
    dial().told(30_000)
    expect([size(), sizes.from('a')]).toEqual([9_000, 9_000])
    dial().told(1_024)
    expect(size()).toBe(2_048)
    clock.advance(HOUR)
    expect(sizes.from('a')).toBeUndefined()
  })

  it('watches no longer once all passes that the far end takes', () => {
    const { clock, dial } = lab()
    const watch = dial()
    watch.told(20_000)
    watch.sent(messages(19_000))
    clock.advance(1_000)
    watch.received()
    expect(watch.isWatching).toBe(false)
  })

  it('begins with what is configured, and keeps 1,024 places', () => {
    const { sizes, dial, size } = lab(20_000)
    expect(size()).toBe(20_000)
    dial().refused()
    expect(size()).toBe(16_384)
    for (let place = 0; place < 1_024; place++) sizes.watch(String(place), 20_000, true).refused()
    expect([size(), sizes.to('1023')]).toEqual([20_000, 16_384])
  })
})

describe('toldSize', () => {
  it('reads what the query of a request tells, and takes nothing else', () => {
    const endpoint = new URL('wss://vpn.example/tunnel?token=a%20b')
    expect(tellingSize(endpoint, 65_535)).toBe(endpoint)
    const told = tellingSize(endpoint, 8_192)
    expect(told.searchParams.get('token')).toBe('a b')
    expect(toldSize(`${told.pathname}${told.search}`)).toBe(8_192)
    for (const query of [
      '',
      '?max-message=',
      '?max-message=1',
      '?max-message=70000',
      '?max-message=0x900',
      '?x=2048',
    ]) {
      expect([query, toldSize(`/tunnel${query}`)]).toEqual([query, 65_535])
    }
  })

  it('is within what a message may have, whatever anybody asks for', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const told = toldSize(`/t?max-message=${text}`)
        expect(told >= 2_048 && told <= 65_535).toBe(true)
      }),
    )
  })
})
