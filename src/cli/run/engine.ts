import v8 from 'node:v8'
import { endStart, holdThroughStart, holdYoungGeneration } from '../../app/rehearsal/young-generation.js'
import { nativeIfThere } from '../../native/base/native.js'
import { stayOnCpu } from '../../native/base/stay-on-cpu.js'
import { forbidCores } from '../../native/process/forbid-cores.js'

/** V8's major version since which it counts calls before it optimizes a function, not bytes of its code. */
const COUNTS_CALLS = 12

/**
 * Sets the process up for keys that nobody may find, and V8 for packets that come for long, and seldom. V8 reads these flags while it runs;
 * they count for functions that are called for the first time afterwards, so this comes before the tunnel is made.
 *
 * @param rehearsed resolves once the rehearsal of the tunnel has begun, or is left out; undefined if there is none.
 */
export function prepareEngine(rehearsed: Promise<void> | undefined): void {
  forbidCores()
  learnEarly()
  // A start that let the young generation grow would leave 8 MB of it, a rehearsal 16.
  if (rehearsed === undefined) endStart()
  else {
    holdThroughStart()
    void rehearsed.then(endStart)
  }
  const system = nativeIfThere()
  // Without native code each packet leaves some short-lived objects behind. Where V8 lets their memory grow, as it does by
  // itself, that outgrows the processor's caches: it stays at the megabyte that it begins with.
  if (system === undefined) holdYoungGeneration()
  else stayOnCpu(system)
}

/**
 * Makes V8 learn from the first call of each function on, and compile and optimize sooner. By itself it notes nothing
 * until a function was called a few times; what ran only while the tunnel began is unknown to the code that it optimizes
 * then, so each timer, probe or idle second that comes later throws optimized code away, which comes back after thousands
 * of packets only. After an idle while a ping touched 1,350 pages of both ends' memory in place of 900.
 */
function learnEarly(): void {
  v8.setFlagsFromString('--no-lazy-feedback-allocation')
  v8.setFlagsFromString('--always-sparkplug')
  v8.setFlagsFromString(
    Number.parseInt(process.versions.v8, 10) < COUNTS_CALLS
      ? '--interrupt-budget=4000' // bytes of bytecode that a function runs before it is looked at, of 67,584
      : '--invocation-count-for-turbofan=1000', // of 3,000
  )
}
