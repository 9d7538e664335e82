import type { Clock, Timer } from '../../core/time/clock.js'
import type { UpkeepEvent } from './upkeep.js'

/**
 * A watch for what the kernel does not report: it has it looked at every `interval` milliseconds until it is closed.
 */
export function lookRegularly(clock: Clock, interval: number, kind: 'filter' | 'name-servers') {
  return (changed: (event: UpkeepEvent) => void): { close(): Promise<void> } => {
    let timer: Timer
    const plan = () => {
      timer = clock.schedule(interval, () => {
        plan()
        changed({ kind, port: undefined })
      })
    }
    plan()
    return { close: async () => timer.cancel() }
  }
}
