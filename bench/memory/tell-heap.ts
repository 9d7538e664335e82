import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { getHeapSpaceStatistics } from 'node:v8'

/*
 * Loaded into an end before its program (NODE_OPTIONS=--import): at SIGUSR2 it writes what V8 has of memory into the folder that
 * QANAT_BENCH_HEAPS names.
 */

process.on('SIGUSR2', () => {
  const spaces = getHeapSpaceStatistics()
  const sum = (field: 'physical_space_size' | 'space_used_size') =>
    spaces.reduce((bytes, space) => bytes + space[field], 0)
  const told: ToldHeap = { resident: sum('physical_space_size'), used: sum('space_used_size') }
  const { QANAT_BENCH_HEAPS: folder } = process.env
  if (folder !== undefined) writeFileSync(join(folder, `${process.pid}.json`), JSON.stringify(told))
})

/** What V8's heap takes, in bytes: its pages, and what lies in them. */
export interface ToldHeap {
  readonly resident: number
  readonly used: number
}
