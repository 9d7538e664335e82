/** One step of a packet's way, apart from the others. */
export interface Stage {
  readonly name: string
  /** Bytes of each packet, for the table; absent if they do not matter. */
  readonly bytes?: number
  /** Packets that one run deals with: enough that the clock's own cost does not show. */
  readonly packets: number
  /** What has to be anew for each run and is not measured. */
  prepare?(): void
  run(): void
}

/** What a stage costs. */
export interface StageResult {
  readonly name: string
  readonly bytes: number | undefined
  /** Nanoseconds of CPU time for a packet. */
  readonly nanoseconds: number
  /** Undefined where bytes do not matter. */
  readonly gigabits: number | undefined
}

/** Milliseconds of CPU time. */
const WARM_UP = 150
const ROUND = 4
const ROUNDS = 100

/**
 * Measures by CPU time, which a busy machine stretches less than the clock's. The least of many short rounds: what else runs on
 * the core beside it, or was in its caches, makes others longer, and none shorter.
 */
export function measureStage(stage: Stage): StageResult {
  costOf(stage, WARM_UP)
  let nanoseconds = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) nanoseconds = Math.min(nanoseconds, costOf(stage, ROUND))
  const { name, bytes } = stage
  const gigabits = bytes === undefined ? undefined : (bytes * 8) / nanoseconds
  return { name, bytes, nanoseconds, gigabits }
}

/** Nanoseconds per packet, over at least so many milliseconds. */
function costOf(stage: Stage, milliseconds: number): number {
  let [microseconds, runs] = [0, 0]
  do {
    stage.prepare?.()
    const before = process.cpuUsage()
    stage.run()
    const { user, system } = process.cpuUsage(before)
    microseconds += user + system
    runs++
  } while (microseconds < milliseconds * 1000)
  return (microseconds * 1000) / (runs * stage.packets)
}
