import type { TunnelConfig } from '../../core/api/config.js'
import { dropsOf } from '../../core/forwarding/drops.js'
import { Pump } from '../../core/forwarding/pump.js'
import type { PumpParts } from '../../core/forwarding/pump-parts.js'
import { createCoalescer, createSegmenter } from '../../core/offload/index.js'
import { ScratchMemory } from '../../native/base/scratch-memory.js'
import { followDevice } from '../device/followed-device.js'
import { FollowedRoutes } from '../device/followed-routes.js'
import type { MakeChain } from '../make-hooks.js'
import type { UndoList } from './undo.js'

/**
 * Makes a tunnel's pump, which follows the routes to the peers; at the tunnel's end it stops, and the log tells what it
 * carried.
 *
 * @param carries Gives the device an MTU of no more than so many bytes. Not called if the device keeps its own.
 */
export function makePump(
  parts: Omit<PumpParts, 'segmenter' | 'mtu' | 'hooks' | 'routesDiffer'>,
  makeChain: MakeChain | undefined,
  { isolateClients = false, mtuByOthers = false, mtuFollows = false, tun: { mtu } }: TunnelConfig,
  carries: (bytes: number) => Promise<void>,
  made: UndoList,
): Pump {
  const { cipher, clock, log, tun } = parts
  const memory = new ScratchMemory()
  made.push(() => memory.release())
  const routesDiffer = () => routes.differ()
  const makeSegmenter = () => createSegmenter(memory.allocate)
  const makeCoalescer = () => createCoalescer(memory.allocate, { udp: true })
  const hooks = makeChain?.({ mtu, log, makeSegmenter, makeCoalescer })
  const pump = new Pump({ ...parts, hooks, segmenter: makeSegmenter(), mtu, routesDiffer })
  const routes = new FollowedRoutes({ pump, clock, log, carries: mtuFollows ? carries : undefined })
  pump.isolate(isolateClients)
  made.push(() => {
    pump.stop()
    log.info('tunnel carried', {
      ...pump.traffic,
      dropped: dropsOf({ tun, pump, cipher, ...pump.hookDrops }),
    })
  })
  made.push(() => routes.stop())
  if (mtuByOthers) made.push(followDevice({ pump, clock, log, device: tun.name, mtu }))
  return pump
}
