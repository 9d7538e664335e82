import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { watchNetworks } from '../../../src/host/networks/watch-networks.js'
import type { NetworkEvent } from '../../../src/native/netlink/network-watch.js'

/** A watch whose events a test makes, and how often it told of a change. */
function lab() {
  const clock = new VirtualClock()
  const seen = { changes: 0, closed: false }
  let tell!: (event: NetworkEvent) => void
  const watch = (noted: (event: NetworkEvent) => void) => {
    tell = noted
    const close = async () => {
      seen.closed = true
    }
    return { close }
  }
  const stop = watchNetworks({ clock, log: silentLogger, watch }, () => seen.changes++)
  return { clock, seen, stop, tell: (kind: NetworkEvent['kind']) => tell({ kind, port: 0 }) }
}

describe('watchNetworks', () => {
  it('tells once of what changes within a quarter of a second, and again of what changes later', () => {
    const { clock, seen, tell } = lab()
    for (let times = 0; times < 10; times++) tell('routing')
    expect(seen.changes).toBe(0)
    clock.advance(250)
    expect(seen.changes).toBe(1)
    tell('routing')
    clock.advance(250)
    expect(seen.changes).toBe(2)
  })

  it('tells nothing of the packet filter, nor once it is stopped', async () => {
    const { clock, seen, stop, tell } = lab()
    tell('filter')
    clock.advance(250)
    tell('routing')
    await stop()
    clock.advance(250)
    expect(seen).toEqual({ changes: 0, closed: true })
  })
})
