import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FirstSender } from '../../../src/core/forwarding/first-sender.js'
import { deadLink } from '../../support/links.js'

const [a, b] = [deadLink('memory://a'), deadLink('memory://b')]

describe('FirstSender', () => {
  it('hears anybody at first, and then only who sent something well-formed', () => {
    const sender = new FirstSender()
    expect([sender.hears(a, 0), sender.hears(b, 0)]).toEqual([true, true])
    sender.onAuthenticated(b, 0)
    expect([sender.hears(a, 1), sender.hears(b, 1)]).toEqual([false, true])
  })

  it('hears another one after a minute of silence', () => {
    const sender = new FirstSender()
    sender.onAuthenticated(a, 0)
    sender.onAuthenticated(a, 1_000)
    expect(sender.hears(b, 60_999)).toBe(false)
    expect(sender.hears(b, 61_000)).toBe(true)
    expect(sender.hears(a, 61_000)).toBe(true)
    sender.onAuthenticated(b, 61_000)
    expect(sender.hears(a, 61_001)).toBe(false)
  })

  it('knows a sender by its remote: its link may be another one each time', () => {
    const sender = new FirstSender()
    sender.onAuthenticated(a, 0)
    expect(sender.hears(deadLink('memory://a'), 1)).toBe(true)
  })

  it('hears only the address it was told, however long that is silent', () => {
    const sender = new FirstSender()
    sender.fix(a)
    expect(sender.hears(b, 1e9)).toBe(false)
    sender.onAuthenticated(a, 1e9)
    expect([sender.hears(a, 2e9), sender.hears(b, 2e9)]).toEqual([true, false])
    sender.fix(b)
    expect([sender.hears(a, 2e9), sender.hears(b, 2e9)]).toEqual([false, true])
  })

  it('lets another stream in at once when the one it listens to ends', () => {
    const sender = new FirstSender()
    sender.onAuthenticated(a, 0)
    sender.closed(b)
    expect(sender.hears(b, 1)).toBe(false)
    sender.closed(a)
    expect(sender.hears(b, 1)).toBe(true)
  })

  it('keeps the address it was told when its link ends', () => {
    const sender = new FirstSender()
    sender.fix(a)
    sender.closed(a)
    expect([sender.hears(a, 1), sender.hears(b, 1)]).toEqual([true, false])
  })

  it('lets nobody take over while someone sends at least once a minute', () => {
    const gaps = fc.array(fc.nat(59_999), { maxLength: 50 })
    fc.assert(
      fc.property(gaps, fc.nat(59_999), (between, last) => {
        const sender = new FirstSender()
        let now = 0
        sender.onAuthenticated(a, now)
        for (const gap of between) {
          now += gap
          expect(sender.hears(b, now)).toBe(false)
          sender.onAuthenticated(a, now)
        }
        expect(sender.hears(b, now + last)).toBe(false)
      }),
    )
  })
})
