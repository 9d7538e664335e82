import type { TunnelConfig } from '../core/config.js'
import { dropsOf } from '../core/drops.js'
import { Pump, type PumpParts } from '../core/pump.js'
import { ScratchMemory } from '../native/scratch-memory.js'
import { createSplitter } from '../tun/offload/index.js'
import type { UndoList } from './undo.js'

/** Makes a tunnel's pump; at the tunnel's end it stops, and the log tells what it carried. */
export function makePump(
  parts: Omit<PumpParts, 'splitter' | 'mtu'>,
  { isolateClients = false, tun: { mtu } }: TunnelConfig,
  made: UndoList,
): Pump {
  const memory = new ScratchMemory()
  made.push(() => memory.release())
  const pump = new Pump({ ...parts, splitter: createSplitter(memory.allocate), mtu })
  pump.isolate(isolateClients)
  made.push(() => {
    pump.stop()
    const { tun, cipher, log } = parts
    log.info('tunnel carried', { ...pump.traffic, dropped: dropsOf({ tun, pump, cipher }) })
  })
  return pump
}
