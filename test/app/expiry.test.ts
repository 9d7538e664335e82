import { describe, expect, it } from 'vitest'
import { Expiry } from '../../src/app/expiry.js'
import { VirtualClock } from '../../src/conformance/kit/virtual-clock.js'
import type { PeerConfig, TunnelConfig } from '../../src/core/api/config.js'
import { silentLogger } from '../../src/core/api/logger.js'
import { turns } from '../support/eventually.js'

const HOUR = 3_600_000

/** A tunnel of which the peers alone are known, and a clock whose host's time may be set. */
function stage(peers: readonly Pick<PeerConfig, 'id' | 'expires'>[], refusal?: () => void) {
  class SetClock extends VirtualClock {
    ahead = 0
    override wall = () => super.wall() + this.ahead
  }
  const clock = new SetClock()
  const start = clock.wall()
  const all = peers.map(({ expires, ...peer }) => ({ ...peer, expires: expires && start + expires }))
  let inForce = { peers: all } as unknown as TunnelConfig
  const warned: unknown[] = []
  const log = { ...silentLogger, warn: (_text: string, fields: unknown) => warned.push(fields) }
  const tunnel = {
    get config() {
      return inForce
    },
    async change() {
      try {
        refusal?.()
        inForce = expiry.admitted(inForce)
      } finally {
        expiry.watch()
      }
    },
  }
  const expiry = new Expiry(tunnel, clock, log)
  inForce = expiry.admitted(inForce)
  expiry.watch()
  const after = async (milliseconds: number) => {
    const step = Math.min(HOUR / 4, Math.max(500, milliseconds / 100)) // what is awaited comes in between
    for (let left = milliseconds; left > 0; left -= step) {
      clock.advance(Math.min(left, step))
      await turns(2)
    }
    return inForce.peers.map(({ id }) => id)
  }
  return { after, clock, expiry, warned }
}

describe('Expiry', () => {
  it('refuses each peer at its time, and no other, and names it once', async () => {
    const { after, clock, warned } = stage([
      { id: 'a', expires: HOUR },
      { id: 'b' },
      { id: 'c', expires: 2 * HOUR },
    ])
    expect(await after(HOUR - 1)).toEqual(['a', 'b', 'c'])
    expect(await after(1)).toEqual(['b', 'c'])
    expect(await after(HOUR)).toEqual(['b'])
    expect(warned).toEqual([{ peer: 'a' }, { peer: 'c' }])
    expect(clock.pending).toBe(0)
  })

  it('refuses one from the start that expired before', async () => {
    const { after } = stage([{ id: 'a', expires: -1 }, { id: 'b' }])
    expect(await after(1)).toEqual(['b'])
  })

  it('notices within a minute that the host’s time was set', async () => {
    const { after, clock } = stage([{ id: 'a', expires: 1_000 * HOUR }])
    expect(await after(HOUR)).toEqual(['a'])
    clock.ahead = 1_000 * HOUR
    expect(await after(60_000)).toEqual([])
  })

  it('tries again a minute later if it could not, and not without end at once', async () => {
    let attempts = 0
    const { after } = stage([{ id: 'a', expires: 1_000 }], () => {
      if (attempts++ < 2) throw new Error('a reload is refused')
    })
    expect(await after(30_000)).toEqual(['a'])
    expect(attempts).toBe(1)
    await after(60_000)
    expect(attempts).toBe(2)
    expect(await after(60_000)).toEqual([])
  })

  it('leaves no timer behind', () => {
    const { clock, expiry } = stage([{ id: 'a', expires: HOUR }])
    expiry.end()
    expiry.watch()
    expect(clock.pending).toBe(0)
  })
})
