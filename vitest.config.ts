import { defineConfig } from 'vitest/config'

const shared = { setupFiles: ['test/setup.ts'] }
/** Tests that start the built program; they measure time and memory, so they run one after another. */
const system = [
  'test/e2e/**/*.test.ts',
  'test/interop/**/*.test.ts',
  'test/cli/bad-input.test.ts',
  'test/cli/output.test.ts',
]

export default defineConfig({
  test: {
    globalSetup: ['test/build.ts'],
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts', 'plugins/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...system],
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'system',
          include: system,
          maxWorkers: 1,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
