import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EVERYTHING, type IpPrefix, parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'
import { Peer, Peers } from '../../../src/core/peers/peers.js'

const ADDRESS = Uint8Array.of(10, 1, 2, 3)

describe('Peers', () => {
  it('knows a peer by id, as the owner of its addresses, and in a loop', () => {
    const peer = new Peer('peer')
    const peers = new Peers()
    peers.add(peer, EVERYTHING)
    expect(peers.get('peer')).toBe(peer)
    expect(peers.get('other')).toBeUndefined()
    expect(peers.owner(ADDRESS, 0, 4)).toBe(peer)
    expect([...peers]).toEqual([peer])
    expect(peers.size).toBe(1)
  })

  it('gives an address to the peer with the longest prefix', () => {
    const peers = new Peers()
    const wide = new Peer('wide')
    const narrow = new Peer('narrow')
    peers.add(wide, [parseIpPrefix('10.0.0.0/8')!])
    peers.add(narrow, [parseIpPrefix('10.1.0.0/16')!])
    expect(peers.owner(ADDRESS, 0, 4)).toBe(narrow)
    expect(peers.owner(Uint8Array.of(10, 2, 0, 0), 0, 4)).toBe(wide)
    expect(peers.owner(Uint8Array.of(11, 1, 2, 3), 0, 4)).toBeUndefined()
  })

  it('forgets a peer that is removed, and what it owned', () => {
    const peers = new Peers()
    const wide = new Peer('wide')
    const narrow = new Peer('narrow')
    peers.add(wide, [parseIpPrefix('10.0.0.0/8')!])
    peers.add(narrow, [parseIpPrefix('10.1.0.0/16')!, parseIpPrefix('fd00::/16')!])
    peers.remove(narrow)
    expect([peers.owner(ADDRESS, 0, 4), peers.get('narrow'), peers.size]).toEqual([wide, undefined, 1])
    peers.remove(wide)
    expect([peers.owner(ADDRESS, 0, 4), peers.size]).toEqual([undefined, 0])
  })

  it('leaves a prefix with the peer that has it now where one that had it is removed', () => {
    const peers = new Peers()
    const [before, now] = [new Peer('before'), new Peer('now')]
    const prefix = [parseIpPrefix('10.1.0.0/16')!]
    peers.add(before, prefix)
    peers.add(now, prefix)
    peers.remove(before)
    expect(peers.owner(ADDRESS, 0, 4)).toBe(now)
  })

  it('knows the owners that a slow model knows, whatever peers come, change and go', () => {
    const bits = fc.integer({ min: 0, max: 8 })
    const prefix = fc.tuple(fc.integer({ min: 0, max: 255 }), bits).map(([last, length]) => {
      const masked = last & (0xff00 >> length)
      return parseIpPrefix(`10.0.0.${masked & 255}/${24 + length}`)!
    })
    const step = fc.record({
      peer: fc.integer({ min: 0, max: 4 }),
      owns: fc.option(fc.uniqueArray(prefix, { maxLength: 4, selector: ({ text }) => text })),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const all = Array.from({ length: 5 }, (_, index) => new Peer(`${index}`))
        const peers = new Peers()
        const model = new Map<string, { readonly peer: Peer; readonly prefix: IpPrefix }>()
        for (const { peer: index, owns } of steps) {
          const peer = all[index]!
          for (const [text, owned] of model) if (owned.peer === peer) model.delete(text)
          if (owns === null) {
            if (peers.get(peer.id)) peers.remove(peer)
            continue
          }
          if (peers.get(peer.id)) peers.own(peer, owns)
          else peers.add(peer, owns)
          for (const prefix of owns) model.set(prefix.text, { peer, prefix })
        }
        for (let last = 0; last < 256; last++) {
          const fits = [...model.values()].filter(
            ({ prefix }) => (prefix.address[3]! ^ last) >> (32 - prefix.bits) === 0,
          )
          const longest = fits.sort((x, y) => y.prefix.bits - x.prefix.bits)[0]?.peer
          expect(peers.owner(Uint8Array.of(10, 0, 0, last), 0, 4)).toBe(longest)
        }
      }),
    )
  })
})
