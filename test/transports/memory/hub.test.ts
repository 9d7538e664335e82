import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { type Faults, HELD_BACK, MemoryHub } from '../../../src/transports/memory/hub.js'

describe('MemoryHub', () => {
  it('delivers not before the clock moves on, and then at once', () => {
    const { clock, arrivals, send } = start()
    send(1)
    expect(arrivals).toEqual([])
    clock.advance(0)
    expect(arrivals).toEqual([1])
  })

  it('delays by the clock', () => {
    const { clock, arrivals, send } = start({ delay: 40 })
    send(1)
    clock.advance(39)
    expect(arrivals).toEqual([])
    clock.advance(1)
    expect(arrivals).toEqual([1])
  })

  it('loses, duplicates and holds back the given part', () => {
    const chances = [0.05, /* lost */ 0.5, 0.5, 0.05 /* doubled */, 0.5, 0.05 /* held back */, 0.5]
    const { clock, arrivals, send } = start(
      { loss: 0.1, duplication: 0.1, reordering: 0.1 },
      () => chances.shift()!,
    )
    send(1, 2, 3)
    clock.advance(0)
    expect(arrivals).toEqual([2, 2])
    clock.advance(HELD_BACK)
    expect(arrivals).toEqual([2, 2, 3])
  })

  it('lets nothing through while it is severed', () => {
    const { clock, arrivals, hub, send } = start({ severed: true })
    send(1)
    hub.faults = {}
    send(2)
    clock.advance(1000)
    expect(arrivals).toEqual([2])
  })

  it('gives each end a name of its own', () => {
    const hub = new MemoryHub<string>({ clock: new VirtualClock() })
    expect(hub.bind('one', 'a')).toBe('a')
    expect(hub.bind('two', 'a')).toBeUndefined()
    expect(hub.find('a')).toBe('one')
    hub.release('a')
    expect(hub.bind('two', 'a')).toBe('a')
    expect(hub.bind('three')).not.toBe(hub.bind('four'))
  })

  it('without loss and duplication delivers each datagram once, whatever is held back', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(255)), fc.array(fc.boolean(), { minLength: 1 }), (marks, held) => {
        let turn = 0
        const { clock, arrivals, send } = start({ reordering: 0.5 }, () =>
          held[turn++ % held.length] ? 0 : 0.9,
        )
        send(...marks)
        clock.advance(HELD_BACK)
        expect(arrivals.sort()).toEqual(marks.sort())
      }),
    )
  })
})

function start(faults: Faults = {}, random = () => 0.5) {
  const clock = new VirtualClock()
  const hub = new MemoryHub<never>({ clock, faults, random })
  const arrivals: number[] = []
  const send = (...marks: number[]) =>
    hub.carry(
      marks.map((mark) => Uint8Array.of(mark)),
      (datagrams) => arrivals.push(...datagrams.map((datagram) => datagram[0]!)),
    )
  return { clock, hub, arrivals, send }
}
