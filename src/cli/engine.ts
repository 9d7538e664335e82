import v8 from 'node:v8'

/** V8's major version since which it counts calls before it optimizes a function, not bytes of its code. */
const COUNTS_CALLS = 12

/**
 * Makes V8 learn from the first call of each function on. By itself it notes nothing until a function was called
 * a few times; what ran only while the tunnel began is unknown to the code that it optimizes then, so each timer, probe or
 * idle second that comes later throws optimized code away, which comes back after thousands of packets only. For a program
 * that waits for seldom packets this is the usual state: a ping touched 1,340 pages of memory in place of 930. These
 * are read while V8 runs, so they may be set; they count for what is loaded afterwards.
 */
v8.setFlagsFromString('--no-lazy-feedback-allocation')
v8.setFlagsFromString(
  Number.parseInt(process.versions.v8, 10) < COUNTS_CALLS
    ? '--interrupt-budget=20000' // bytes of bytecode that a function runs before it is looked at, of 67,584
    : '--invocation-count-for-turbofan=1000', // of 3,000
)
