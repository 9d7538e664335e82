import { subscribe } from 'node:diagnostics_channel'
import { performance } from 'node:perf_hooks'
import type { Native } from './native.js'
import { StickyCpu, type Usage } from './sticky-cpu.js'
import { waitedForCpu } from './waited-for-cpu.js'

/** Systems whose main thread stays already: it is one of the process's, whatever number of tunnels it carries. */
const staying = new WeakMap<Native, StickyCpu>()

/**
 * Keeps the main thread on its CPU while it carries few packets, as StickyCpu has it, for the rest of the process. A
 * process that it starts is let go before, since it would stay there forever.
 */
export function stayOnCpu(native: Native): void {
  if (staying.has(native)) return
  const { affinity, watchers } = native
  const sticky = new StickyCpu({ affinity, usage, now: () => performance.now() })
  staying.set(native, sticky)
  watchers.woke = sticky.woke
  subscribe('child_process', sticky.release)
}

/** Until the returned function is called, the main thread's work does not decide on its CPU. */
export function leaveCpuAlone(native: Native): () => void {
  const sticky = staying.get(native)
  sticky?.pause()
  return () => sticky?.goOn()
}

/** What the kernel counts of this process, and of its main thread. */
function usage(): Usage | undefined {
  const waited = waitedForCpu()
  if (waited === undefined) return undefined
  const { user, system } = process.cpuUsage()
  return { cpu: (user + system) / 1e3, waited }
}
