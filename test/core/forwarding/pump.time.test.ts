import { describe, expect, it } from 'vitest'
import type { PeerPath } from '../../../src/core/path-mtu/peer-path.js'
import { datagramOf, ECHO, MOVES } from '../../support/core/fake-cipher.js'
import { ipv4, pumpLab } from './pump-lab.js'

describe('Pump and time', () => {
  it('sets no timer while nothing is due', () => {
    const { leave, pump, clock, a } = pumpLab()
    for (let count = 0; count < 10; count++) {
      leave(ipv4(1, 10))
      pump.receive(a, [datagramOf('a', MOVES, ipv4(10, 1))])
    }
    expect(clock.pending).toBe(0)
  })

  it('ticks when the cipher is due, and sends what that brings by the links in use', () => {
    const { leave, cipher, clock, a, peers } = pumpLab()
    peers.b.link = undefined
    cipher.nextTick = clock.now() + 500
    leave(ipv4(1, 99))
    cipher.due = ['a', 'b', 'c'].map((peer) => ({ peer, datagrams: [Uint8Array.of(1, 2)] }))
    clock.advance(499)
    expect(cipher.calls).toEqual([])
    clock.advance(1)
    expect(cipher.calls).toEqual(['tick'])
    expect(a.sent).toEqual([Uint8Array.of(1, 2)])
    expect(clock.pending).toBe(0)
  })

  it('ticks at once for what was due before it started', () => {
    const { cipher, clock, leave } = pumpLab()
    cipher.nextTick = clock.now() - 1_000
    leave()
    clock.advance(0)
    expect(cipher.calls).toEqual(['tick'])
  })

  it('moves its timer only to an earlier time, however many packets there are', () => {
    const { leave, cipher, clock } = pumpLab()
    let scheduled = 0
    const { schedule } = clock
    clock.schedule = (delay, callback) => {
      scheduled++
      return schedule.call(clock, delay, callback)
    }
    for (let count = 0; count < 100; count++) {
      cipher.nextTick = clock.now() + 500
      leave(ipv4(1, 10))
      clock.advance(1)
    }
    expect([scheduled, clock.pending]).toEqual([1, 1])
    cipher.nextTick = clock.now() + 10
    leave(ipv4(1, 10))
    expect([scheduled, clock.pending]).toEqual([2, 1])
  })

  it('sets its timer again after a tick that came too early', () => {
    const { leave, cipher, clock } = pumpLab()
    const start = clock.now()
    const ticks: number[] = []
    cipher.tick = () => {
      ticks.push(clock.now() - start)
      if (ticks.length === 2) cipher.nextTick = Number.POSITIVE_INFINITY
      return []
    }
    cipher.nextTick = start + 100
    leave(ipv4(1, 10))
    cipher.nextTick = start + 300
    leave(ipv4(1, 10))
    clock.advance(1_000)
    expect(ticks).toEqual([100, 300])
    expect(clock.pending).toBe(0)
  })

  it('measures how long it takes to a peer and back by the answers to its probes', () => {
    const { pump, peers, clock, a } = pumpLab()
    peers.a.roundTrip.asked(7, clock.now())
    clock.advance(30)
    pump.receive(a, [datagramOf('a', ECHO, ipv4(10, 1, 7))])
    expect(peers.a.roundTrip.milliseconds).toBe(30)
  })

  it('sets its timer for what others made the cipher do', () => {
    const { cipher, clock, pump } = pumpLab()
    pump.run(() => {
      cipher.nextTick = clock.now() + 5
    })
    expect(clock.pending).toBe(1)
  })
})

describe('Pump at its end', () => {
  const parts = ['seal', 'open', 'tick', 'write', 'send', 'run'] as const

  it.each(parts)('ends the tunnel once where a part throws in %s', (part) => {
    const { leave, pump, cipher, clock, tun, a, failures } = pumpLab()
    const fail = (): never => {
      throw new Error(`${part} threw`)
    }
    cipher.onCall = (name) => {
      if (name.startsWith(part)) fail()
    }
    if (part === 'write') tun.onWrite = fail
    if (part === 'send') a.onSend = fail
    cipher.nextTick = clock.now() + 10
    leave(ipv4(1, 10))
    pump.receive(a, [datagramOf('a', MOVES, ipv4(10, 1))])
    if (part === 'run') pump.run(fail)
    clock.advance(100)
    pump.failed(new Error('another one'))
    expect(failures).toEqual([`${part} threw`])
    expect(clock.pending).toBe(0)
  })

  it('makes an error of whatever is thrown', () => {
    const { leave, cipher, failures } = pumpLab()
    cipher.onCall = () => {
      throw 'no error'
    }
    leave(ipv4(1, 10))
    expect(failures).toEqual(['no error'])
  })

  it('ends the tunnel where the device fails', () => {
    const { tun, failures } = pumpLab()
    tun.handlers!.failed(new Error('device gone'))
    tun.handlers!.failed(new Error('device gone'))
    expect(failures).toEqual(['device gone'])
  })

  it('does nothing after it was stopped', () => {
    const { leave, pump, cipher, clock, tun, a, peers, failures } = pumpLab()
    const told: string[] = []
    const tell = () => told.push('told')
    peers.a.chooser = {
      endpoint: undefined,
      sent: tell,
      onAuthenticated: tell,
      closed: tell,
      follows: () => true,
      nextAttempt: () => undefined,
      renews: () => true,
    }
    cipher.nextTick = clock.now() + 10
    leave(ipv4(1, 99))
    pump.stop()
    pump.stop()
    leave(ipv4(1, 10))
    pump.receive(a, [datagramOf('a', MOVES, ipv4(10, 1))])
    pump.closed(a)
    pump.drained(a)
    pump.failed(new Error('late'))
    pump.run(tell)
    clock.advance(1_000)
    expect({ calls: cipher.calls, sent: a.sent, written: tun.written, told, failures }).toEqual({
      calls: [],
      sent: [],
      written: [],
      told: [],
      failures: [],
    })
    expect(clock.pending).toBe(0)
  })

  it('leaves nothing due of the pause of the device or of the paths to peers', () => {
    const { leave, pump, clock, a, peers } = pumpLab()
    peers.remove(peers.b)
    const stopped: string[] = []
    const path: Partial<PeerPath> = {
      mtu: 1420,
      maxDatagram: 65_535,
      follow() {},
      heed() {},
      sent() {},
      stop: () => void stopped.push('path'),
    }
    peers.a.path = path as PeerPath
    a.onSend = () => {
      a.writable = false
    }
    leave(ipv4(1, 10))
    expect(clock.pending).toBe(1)
    pump.stop()
    expect([clock.pending, stopped]).toEqual([0, ['path']])
  })

  it('leaves no timer where it is stopped in the middle of a batch', () => {
    const { leave, pump, cipher, clock, a } = pumpLab()
    a.onSend = () => pump.failed(new Error('socket gone'))
    cipher.nextTick = clock.now() + 10
    leave(ipv4(1, 10))
    expect(clock.pending).toBe(0)
  })

  it('outlives a chooser that throws when a link ends, as a failed tunnel', () => {
    const { pump, peers, a, failures } = pumpLab()
    peers.a.chooser = {
      endpoint: undefined,
      sent() {},
      onAuthenticated() {},
      follows: () => true,
      nextAttempt: () => undefined,
      renews: () => true,
      closed() {
        throw new Error('chooser threw')
      },
    }
    pump.closed(a)
    expect(failures).toEqual(['chooser threw'])
  })
})
