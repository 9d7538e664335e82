import { describe, expect, it } from 'vitest'
import { EVERYTHING, parseIpPrefix } from '../../src/core/ip-prefix.js'
import { Peer, Peers } from '../../src/core/peers.js'

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
})
