import type { TunnelConfig } from '../../core/api/config.js'
import { dropsOf } from '../../core/forwarding/drops.js'
import { Pump, type PumpParts } from '../../core/forwarding/pump.js'
import { createSegmenter } from '../../core/offload/index.js'
import { ScratchMemory } from '../../native/base/scratch-memory.js'
import type { UndoList } from './undo.js'

/** Makes a tunnel's pump; at the tunnel's end it stops, and the log tells what it carried. */
export function makePump(
  parts: Omit<PumpParts, 'segmenter' | 'mtu'>,
  { isolateClients = false, tun: { mtu } }: TunnelConfig,
  made: UndoList,
): Pump {
  const memory = new ScratchMemory()
  made.push(() => memory.release())
  const pump = new Pump({ ...parts, segmenter: createSegmenter(memory.allocate), mtu })
  pump.isolate(isolateClients)
  made.push(() => {
    pump.stop()
    const { tun, cipher, log } = parts
    log.info('tunnel carried', { ...pump.traffic, dropped: dropsOf({ tun, pump, cipher }) })
  })
  return pump
}
