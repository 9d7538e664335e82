import { describe, expect, it } from 'vitest'
import { type LoginEnd, type LoginEnds, loginEnd } from '../../../src/app/login/login-end.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { controlError } from '../../../src/control/protocol.js'

const never = new Promise<never>(() => {})

/** Lets time pass a second after the other, and what comes of each. */
async function pass(clock: VirtualClock, milliseconds: number): Promise<void> {
  for (let left = milliseconds; left > 0; left -= 1_000) {
    clock.advance(Math.min(left, 1_000))
    await new Promise(setImmediate)
  }
}

/** Waits for the end of a login of ten minutes, whose page is there as `page` says at each look. */
function begin(
  clock: VirtualClock,
  { page = () => true, ...ends }: Partial<LoginEnds> & { page?: (look: number) => boolean } = {},
) {
  let looks = 0
  const stopped = new AbortController()
  const end = { seen: undefined as LoginEnd | undefined, looks: () => looks, stop: () => stopped.abort() }
  const look = async () => page(looks++)
  const all = { clock, seconds: 600, isThere: true, browser: never, tunnel: never, look, ...ends }
  void loginEnd({ ...all, stopped: stopped.signal }).then((seen) => {
    end.seen = seen
  })
  return end
}

describe('a login', () => {
  it('ends once its page is gone, at which it looks each second', async () => {
    const clock = new VirtualClock()
    const end = begin(clock, { page: (look) => look < 4 })
    await pass(clock, 4_000)
    expect(end.seen).toBeUndefined()
    await pass(clock, 1_000)
    expect(end.seen).toEqual({ by: 'page' })
    expect(end.looks()).toBe(5)
  })

  it('without a page goes on until one came and went', async () => {
    const clock = new VirtualClock()
    const end = begin(clock, { isThere: false, page: (look) => look === 7 })
    await pass(clock, 8_000)
    expect(end.seen).toBeUndefined()
    await pass(clock, 1_000)
    expect(end.seen).toEqual({ by: 'page' })
  })

  it('ends when its time is up, and looks no more', async () => {
    const clock = new VirtualClock()
    const end = begin(clock)
    await pass(clock, 599_999)
    expect(end.seen).toBeUndefined()
    await pass(clock, 1)
    expect(end.seen).toEqual({ by: 'time' })
    const looks = end.looks()
    await pass(clock, 10_000)
    expect(end.looks()).toBe(looks)
  })

  it('ends with its browser, with the tunnel that it is beside, and by a signal', async () => {
    const clock = new VirtualClock()
    const why = controlError('it hung up')
    const ends = [
      begin(clock, { browser: Promise.resolve(3) }),
      begin(clock, { tunnel: Promise.resolve(why) }),
      begin(clock, { look: () => Promise.reject(why) }),
      begin(clock),
    ]
    ends[3]!.stop()
    await pass(clock, 2_000)
    expect(ends.map(({ seen }) => seen)).toEqual([
      { by: 'browser', code: 3 },
      { by: 'tunnel', why },
      undefined, // the tunnel says so itself
      { by: 'signal' },
    ])
  })
})
