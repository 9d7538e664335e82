/** Folders of tests that start the built program. */
export const SYSTEM_TESTS = ['test/e2e', 'test/interop', 'test/cli']

/** Whether a test file, its path from the root of the repository, belongs to them. */
export function isSystemTest(file: string): boolean {
  return SYSTEM_TESTS.some((folder) => file.startsWith(`${folder}/`))
}
