import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/longest-first.js'
import { testsOfOwnProcess } from './test/own-process.js'
import { isSystemTest, SYSTEM_TESTS } from './test/promises/system-tests.js'

/** Milliseconds. More than `eventually` waits, so that what never happens is said and not only that time is over. */
const patience = { testTimeout: 60_000, hookTimeout: 60_000 }
/**
 * Rehearsals would take time from tests that begin many tunnels, or measure them; those of rehearsals ask for them. What programs
 * log is read as JSON. No code is kept on the machine.
 */
const environment = {
  env: { QANAT_NO_REHEARSAL: '1', QANAT_LOG_FORMAT: 'json', NODE_DISABLE_COMPILE_CACHE: '1' },
}
/** To start a process and to load all modules for each file takes longer than most files do. */
const together = { isolate: false }
/** Workers are of the processors; vitest leaves one alone, which is half of two. */
const atOnce = { maxWorkers: '100%', sequence: { groupOrder: 0 } }
const shared = { setupFiles: ['test/setup.ts'], ...patience, ...environment }
/** Tests that start the built program. */
const system = SYSTEM_TESTS.map((folder) => `${folder}/**/*.test.ts`)
/** Those among them that measure or that load the machine: they run alone, one after another. */
const alone = ['test/e2e/alone/**/*.test.ts']
/** Unit tests that need a process of their own. */
const own = testsOfOwnProcess().filter((file) => !isSystemTest(file))
/** Real programs talk in real time: a host that stalls for a second loses a packet that is counted, so it may try again. */
const again = { retry: 1 }

export default defineConfig({
  test: {
    globalSetup: ['test/build.ts', 'test/sweep.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...shared,
          ...together,
          name: 'unit',
          include: ['test/**/*.test.ts', 'plugins/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...system, ...own],
          ...atOnce,
        },
      },
      {
        test: {
          ...shared,
          name: 'unit-own', // `--project 'unit*'` runs both
          include: own,
          ...atOnce,
        },
      },
      {
        test: {
          ...shared,
          ...again,
          name: 'system',
          include: system,
          exclude: ['**/node_modules/**', ...alone],
          maxWorkers: 4, // on two processors: most of their time they wait
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...shared,
          ...again,
          name: 'alone',
          include: alone,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
