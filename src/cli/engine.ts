import v8 from 'node:v8'

/** V8's major version since which it counts calls before it optimizes a function, not bytes of its code. */
const COUNTS_CALLS = 12

/**
 * Makes V8 learn from the first call of each function on, and compile and optimize sooner. By itself it notes nothing
 * until a function was called a few times; what ran only while the tunnel began is unknown to the code that it optimizes
 * then, so each timer, probe or idle second that comes later throws optimized code away, which comes back after thousands
 * of packets only. After an idle while a ping touched 1,350 pages of both ends' memory in place of 900. V8 reads these
 * flags while it runs; they count for what is loaded afterwards.
 */
v8.setFlagsFromString('--no-lazy-feedback-allocation')
v8.setFlagsFromString('--always-sparkplug')
v8.setFlagsFromString(
  Number.parseInt(process.versions.v8, 10) < COUNTS_CALLS
    ? '--interrupt-budget=4000' // bytes of bytecode that a function runs before it is looked at, of 67,584
    : '--invocation-count-for-turbofan=1000', // of 3,000
)
