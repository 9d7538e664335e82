import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { UnauthenticatedLinks } from '../../../src/transports/streams/unauthenticated-links.js'

const PATIENCE = 10_000
const CHANCE = 2_000

describe('UnauthenticatedLinks', () => {
  it('closes a link that has proven nothing in time', () => {
    const { clock, admit, closed } = start()
    admit('early', 1)
    clock.advance(PATIENCE / 2)
    admit('late', 2)
    clock.advance(PATIENCE / 2)
    expect(closed).toEqual(['early'])
    clock.advance(PATIENCE / 2)
    expect(closed).toEqual(['early', 'late'])
    expect(clock.pending).toBe(0)
  })

  it('leaves a link alone that has proven itself', () => {
    const { clock, links, admit, closed } = start()
    admit('one', 1).settle()
    expect(clock.pending).toBe(0)
    clock.advance(2 * PATIENCE)
    expect(closed).toEqual([])
    expect(links.size).toBe(0)
  })

  it('closes the oldest of all when there are too many', () => {
    const { admit, closed, links } = start({ total: 3 })
    for (const [index, name] of ['a', 'b', 'c', 'd', 'e'].entries()) admit(name, index)
    expect(closed).toEqual(['a', 'b'])
    expect(links.size).toBe(3)
    expect(links.closed).toEqual({ late: 0, crowded: 2 })
  })

  it('closes the oldest of an address when there are too many from there, once that had its chance', async () => {
    const { admit, clock, closed, links } = start({ perAddress: 2 })
    admit('other', 1)
    for (const name of ['a', 'b']) admit(name, 2)
    clock.advance(CHANCE - 1)
    admit('early', 2)
    expect(closed).toEqual([]) // whoever admits it has it only when that returns
    await Promise.resolve()
    expect(closed).toEqual(['early'])
    clock.advance(1)
    admit('c', 2)
    expect(closed).toEqual(['early', 'a'])
    expect(links.size).toBe(3)
    expect(links.closed).toEqual({ late: 0, crowded: 2 })
    clock.advance(PATIENCE)
    expect(clock.pending).toBe(0)
  })

  it('lets all of many that come at once from one address prove themselves, each in its turn', async () => {
    const { clock, links } = start({ perAddress: 2 })
    let proven = 0
    /** One that is authentic half a second after it was let in, and comes again when it is closed. */
    const come = () => {
      let isOpen = true
      const link = links.admit(Uint8Array.of(127, 0, 0, 1), () => {
        isOpen = false
        clock.schedule(100, come)
      })
      clock.schedule(500, () => {
        if (!isOpen) return
        link.settle()
        proven++
      })
    }
    for (let client = 0; client < 20; client++) come()
    for (let step = 0; step < 600; step++) {
      await Promise.resolve()
      clock.advance(10)
    }
    expect(proven).toBe(20)
  })

  it('has room again for an address whose link has proven itself', () => {
    const { admit, closed } = start({ perAddress: 2 })
    admit('a', 2)
    admit('b', 2).settle()
    admit('c', 2)
    expect(closed).toEqual([])
  })

  it('counts IPv6 addresses by their /64', () => {
    const { clock, links, closed } = start({ perAddress: 1 })
    const address = (network: number, host: number) =>
      Uint8Array.of(0x20, 1, 0, 0, 0, 0, 0, network, 0, 0, 0, 0, 0, 0, 0, host)
    for (const [name, from] of [
      ['a', address(1, 1)],
      ['b', address(1, 2)],
      ['c', address(2, 1)],
    ] as const) {
      links.admit(from, () => closed.push(name))
      clock.advance(CHANCE)
    }
    expect(closed).toEqual(['a'])
  })

  it('counts IPv4 addresses one by one that a socket of both families writes as IPv6 ones', async () => {
    const { links, closed } = start({ perAddress: 1 })
    const mapped = (host: number) => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, host)
    links.admit(mapped(1), () => closed.push('a'))
    links.admit(mapped(2), () => closed.push('b'))
    links.admit(Uint8Array.of(192, 0, 2, 1), () => closed.push('a, written as itself'))
    await Promise.resolve()
    expect(closed).toEqual(['a, written as itself'])
  })

  it('counts a link behind a proxy by its own address once that is known', () => {
    const { clock, links, closed } = start({ perAddress: 1 })
    const behindProxy = (name: string) => links.admit(undefined, () => closed.push(name))
    const [one, two, three, four] = ['one', 'two', 'three', 'four'].map(behindProxy)
    expect(closed).toEqual([])
    one!.from(Uint8Array.of(10, 0, 0, 1))
    two!.from(Uint8Array.of(10, 0, 0, 2))
    three!.from(Uint8Array.of(10, 0, 0, 1))
    expect(closed).toEqual(['three'])
    clock.advance(CHANCE)
    four!.from(Uint8Array.of(10, 0, 0, 1))
    expect(closed).toEqual(['three', 'one'])
    one!.from(Uint8Array.of(10, 0, 0, 2))
    expect(closed).toEqual(['three', 'one'])
  })

  it('lets 256 begin with TLS at once, and closes the oldest of these for the next', () => {
    const { links, closed, admit } = start({ perAddress: 2_000 })
    const others = Array.from({ length: 10 }, (_, index) => admit(`plain ${index}`, 1))
    const secured = Array.from({ length: 257 }, (_, index) => admit(`secured ${index}`, 2))
    for (const one of secured.slice(0, 256)) one.secure()
    secured[0]!.secure() // once is enough
    expect(closed).toEqual([])
    secured[256]!.secure()
    expect(closed).toEqual(['secured 0'])
    secured[1]!.settle()
    others[0]!.secure()
    expect([closed.length, links.size]).toEqual([1, 265])
  })

  it('makes room at the cost of the address that has most, its oldest first', () => {
    const { links, closed, admit } = start()
    admit('one', 1)
    admit('two', 2)
    admit('three', 2)
    admit('four', 3)
    expect(links.makeRoom()).toBe(true)
    expect(closed).toEqual(['two'])
    for (let rest = 0; rest < 3; rest++) expect(links.makeRoom()).toBe(true)
    expect(closed).toEqual(['two', 'one', 'three', 'four'])
    expect(links.makeRoom()).toBe(false)
    links.admit(undefined, () => closed.push('unknown'))
    expect(links.makeRoom()).toBe(true)
    expect(closed.at(-1)).toBe('unknown')
  })

  it('bears a close that settles the link itself', () => {
    const clock = new VirtualClock()
    const links = new UnauthenticatedLinks(clock)
    const entry = links.admit(Uint8Array.of(1, 2, 3, 4), () => entry.settle())
    clock.advance(PATIENCE)
    expect(links.size).toBe(0)
    expect(clock.pending).toBe(0)
  })

  it('goes on with those that are due later, though a close throws', () => {
    const clock = new VirtualClock()
    const links = new UnauthenticatedLinks(clock)
    links.admit(undefined, () => {
      throw new Error('no')
    })
    clock.advance(1)
    const closed: string[] = []
    links.admit(undefined, () => closed.push('later'))
    expect(() => clock.advance(PATIENCE - 1)).toThrow('no')
    clock.advance(1)
    expect(closed).toEqual(['later'])
  })

  it('bears a close that admits another', () => {
    const clock = new VirtualClock()
    const links = new UnauthenticatedLinks(clock)
    links.admit(undefined, () => links.admit(undefined, () => {}))
    clock.advance(PATIENCE)
    expect(links.size).toBe(1)
    expect(clock.pending).toBe(1)
  })
})

function start(limits: { total?: number; perAddress?: number } = {}) {
  const clock = new VirtualClock()
  const links = new UnauthenticatedLinks(clock, {
    total: 1024,
    perAddress: 16,
    patience: PATIENCE,
    ...limits,
  })
  const closed: string[] = []
  const admit = (name: string, host: number) =>
    links.admit(Uint8Array.of(127, 0, 0, host), () => closed.push(name))
  return { clock, links, closed, admit }
}
