import { describe, expect, it } from 'vitest'
import { FollowedRoutes } from '../../../src/app/device/followed-routes.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import type { Pump } from '../../../src/core/forwarding/pump.js'
import type { NetworkEvent } from '../../../src/native/netlink/network-watch.js'

/** Routes that a test changes, and what is done about it. */
function lab(follows = true) {
  const clock = new VirtualClock(0)
  const paths = { routeMtu: undefined as number | undefined, knowsRoutes: true, looks: 0 }
  const carried: number[] = []
  const watched: ((event: NetworkEvent) => void)[] = []
  const routes = new FollowedRoutes({
    pump: {
      paths: Object.assign(paths, { routesChanged: () => void paths.looks++ }),
      run: (work: (now: number) => void) => work(clock.now()),
    } as unknown as Pump,
    clock,
    log: silentLogger,
    carries: follows ? async (bytes) => void carried.push(bytes) : undefined,
    watch: (changed) => {
      watched.push(changed)
      return { close: async () => void watched.pop() }
    },
  })
  return { clock, paths, carried, watched, routes }
}

describe('FollowedRoutes', () => {
  it('gives the device what the widest route carries, once for all changes of a moment', () => {
    const { clock, paths, carried, routes } = lab()
    paths.routeMtu = 1320
    for (let change = 0; change < 3; change++) routes.differ()
    clock.advance(0)
    expect(carried).toEqual([1320])
  })

  it('leaves a device alone that has its own MTU, or whose peers are not reached', () => {
    for (const [follows, mtu] of [
      [false, 1320],
      [true, undefined],
    ] as const) {
      const { clock, paths, carried, routes } = lab(follows)
      paths.routeMtu = mtu
      routes.differ()
      clock.advance(0)
      expect(carried).toEqual([])
    }
  })

  it("looks at the routes anew when the host's network changes, until it is stopped", async () => {
    const { clock, paths, watched, routes } = lab()
    routes.differ()
    clock.advance(0)
    watched[0]!({ kind: 'routing', port: 0 })
    clock.advance(1_000)
    expect(paths.looks).toBe(1)
    await routes.stop()
    routes.differ()
    clock.advance(1_000)
    expect([watched, clock.pending]).toEqual([[], 0])
  })

  it('watches nothing where no route tells anything, as without koffi', () => {
    const { clock, paths, watched, routes } = lab()
    paths.knowsRoutes = false
    routes.differ()
    clock.advance(0)
    expect(watched).toEqual([])
  })
})
