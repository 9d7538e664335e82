import { describe, expect, it } from 'vitest'
import { Peer, SolePeer } from '../../src/core/peers.js'

describe('SolePeer', () => {
  it('knows its peer by id, as the owner of everything, and in a loop', () => {
    const peer = new Peer('peer')
    const peers = new SolePeer(peer)
    expect(peers.get('peer')).toBe(peer)
    expect(peers.get('other')).toBeUndefined()
    expect(peers.owner()).toBe(peer)
    expect([...peers]).toEqual([peer])
  })
})
