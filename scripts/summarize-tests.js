// summarize-tests.js REPORT: reads vitest's JSON report, names what was skipped, and prints one closing line. A
// skipped test counts as failed: the reason is in its name.
import { readFileSync } from 'node:fs'

/** Vitest's words for a test that did not run. */
const SKIPPED = ['pending', 'skipped', 'todo', 'disabled']

function readTests(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return { testResults: [] } // vitest ended before it wrote the report
  }
}

const { testResults } = readTests(process.argv[2])
const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
const skipped = tests.filter(({ status }) => SKIPPED.includes(status))
const passed = tests.filter(({ status }) => status === 'passed').length
// A file that could not be loaded has no tests to fail.
const brokenFiles = testResults.filter(
  ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
)
const failed = tests.length - passed + brokenFiles.length

for (const { fullName } of skipped) process.stdout.write(`skipped: ${fullName}\n`)
for (const { name } of brokenFiles) process.stdout.write(`not loaded: ${name}\n`)
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
