import { describe, expect, it } from 'vitest'
import { RecordingLogger } from '../../../src/conformance/kit/recording-logger.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { Peer, Peers } from '../../../src/core/peers/peers.js'
import { PresenceWatch } from '../../../src/core/peers/presence-watch.js'

const SECOND = 1_000

/** A virtual clock whose timers ring late if the process stands still meanwhile. */
class StoppingClock extends VirtualClock {
  #stood = 0

  /** Lets milliseconds pass in which nothing rings. */
  stand(milliseconds: number): void {
    this.#stood += milliseconds
  }

  override now(): number {
    return super.now() + this.#stood
  }
}

/** Peers that are watched by a virtual clock, the first of them called alice. */
function watched(count = 1) {
  const clock = new StoppingClock()
  const log = new RecordingLogger()
  const peers = new Peers()
  const watch = new PresenceWatch(peers, clock, log)
  const all = Array.from({ length: count }, (_, index) => {
    const peer = new Peer(`key ${index}`, undefined, watch.changed)
    peer.name = index === 0 ? 'alice' : `peer${index}`
    peers.add(peer, [])
    return peer
  })
  const came = (peer: Peer, saidGoodbye = false) => {
    peer.presence.lastSeen = clock.now()
    if (saidGoodbye === peer.presence.isHere) peer.presence.turn(clock.now())
  }
  const told = (level: 'info' | 'debug' = 'info') => log.messages(level)
  return { clock, watch, all, alice: all[0]!, came, told, log }
}

describe('a peer', () => {
  it('is online when something came, idle after 30 s, and offline after 180 s, which one line each tells', () => {
    const { alice, came, clock, told } = watched()
    const states = () => alice.presence.state(clock.now())
    expect([states(), alice.presence.lastSeen]).toEqual(['offline', undefined])
    came(alice)
    const since = clock.now()
    expect(states()).toBe('online')
    clock.advance(29_999)
    expect(states()).toBe('online')
    clock.advance(1)
    expect(states()).toBe('idle')
    clock.advance(149_999)
    expect([states(), told()]).toEqual(['idle', ['alice is online']])
    expect(alice.presence.onlineSince).toBe(since)
    clock.advance(1)
    expect(states()).toBe('offline')
    expect(alice.presence).toMatchObject({ isHere: false, onlineSince: undefined, saidGoodbye: false })
    expect(told()).toEqual(['alice is online', 'alice went offline: nothing came for 180 s'])
    clock.advance(10_000 * SECOND)
    expect(told()).toHaveLength(2)
    came(alice)
    expect([states(), told().at(-1)]).toEqual(['online', 'alice is online'])
  })

  it('is offline after three keepalives, and idle after two, if these take longer', () => {
    const { alice, came, clock, told } = watched()
    alice.presence.keepalive = 100 * SECOND
    came(alice)
    clock.advance(199_999)
    expect(alice.presence.state(clock.now())).toBe('online')
    clock.advance(100_000)
    expect(alice.presence.state(clock.now())).toBe('idle')
    clock.advance(1)
    expect(told().at(-1)).toBe('alice went offline: nothing came for 300 s')
  })

  it('is offline at once when it said goodbye, and online when it goes on', () => {
    const { alice, came, clock, told } = watched()
    came(alice)
    clock.advance(5 * SECOND)
    came(alice, true)
    expect(alice.presence).toMatchObject({ isHere: false, saidGoodbye: true, lastSeen: clock.now() })
    clock.advance(5 * SECOND)
    came(alice)
    expect(alice.presence).toMatchObject({ isHere: true, saidGoodbye: false, onlineSince: clock.now() })
    expect(told()).toEqual(['alice is online', 'alice went offline: it said goodbye', 'alice is online'])
  })

  it('is not offline because the process stood still: what came meanwhile is read first', () => {
    const { alice, came, clock, told } = watched()
    came(alice)
    clock.stand(200 * SECOND)
    clock.advance(180 * SECOND)
    expect(told()).toEqual(['alice is online'])
    came(alice)
    clock.advance(179 * SECOND)
    expect(told()).toEqual(['alice is online'])
    clock.advance(SECOND)
    expect(told().at(-1)).toBe('alice went offline: nothing came for 180 s')
  })

  it('is told of no more once the tunnel ends', () => {
    const { alice, came, clock, told, watch } = watched()
    came(alice)
    watch.stop()
    clock.advance(1_000 * SECOND)
    came(alice)
    expect([told(), clock.pending]).toEqual([['alice is online'], 0])
  })
})

describe('many peers that come and go', () => {
  it('are told of by ten lines a minute, and the rest by one', () => {
    const { all, came, clock, log, told } = watched(1_000)
    for (const peer of all) came(peer)
    expect(told()).toHaveLength(10)
    expect(told('debug')).toHaveLength(990)
    clock.advance(60 * SECOND)
    expect(log.lines.at(-1)).toBe(
      'more peers came online or went offline {"online":990,"offline":0,"seconds":60}',
    )
    clock.advance(121 * SECOND)
    expect(told()).toHaveLength(21) // ten of those that fell silent
    clock.advance(60 * SECOND)
    expect(log.lines.at(-1)).toContain('{"online":0,"offline":990,"seconds":60}')
    expect(told()).toHaveLength(22)
    clock.advance(1_000 * SECOND)
    expect(told()).toHaveLength(22)
  })

  it('are summed up at once if the tunnel ends, and nothing is left to ring', () => {
    const { all, came, clock, log, watch } = watched(12)
    for (const peer of all) came(peer)
    clock.advance(10 * SECOND)
    watch.stop()
    expect(log.lines.at(-1)).toContain('{"online":2,"offline":0,"seconds":10}')
    expect(clock.pending).toBe(0)
  })

  it('leave room for others: one that does so again and again has four lines a minute', () => {
    const { all, came, clock, log, told } = watched(2)
    for (let time = 0; time < 20; time++) {
      came(all[0]!)
      came(all[0]!, true)
    }
    came(all[1]!)
    expect(told()).toHaveLength(5)
    expect(told().at(-1)).toBe('peer1 is online')
    clock.advance(60 * SECOND)
    expect(log.lines.at(-1)).toContain('{"online":18,"offline":18,')
  })
})
