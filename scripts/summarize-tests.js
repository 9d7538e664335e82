// summarize-tests.js REPORT: reads vitest's JSON report, names the tests that were skipped or retried, and prints one
// closing line. A skipped test counts as failed: the reason is in its name. A test that passed at its second attempt
// counts as passed, but more than two of them fail the run: then it is not the machine.
import { readFileSync } from 'node:fs'

/** Vitest's words for a test that did not run. */
const SKIPPED = ['pending', 'skipped', 'todo', 'disabled']
/** Tests that may need their second attempt in one run. */
const MOST_RETRIED = 2

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
const passed = tests.filter(({ status }) => status === 'passed')
// A test that passed has the errors of its attempts before.
const retried = passed.filter(({ failureMessages }) => failureMessages.length > 0)
// A file that could not be loaded has no tests to fail.
const brokenFiles = testResults.filter(
  ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
)
const failed = tests.length - passed.length + brokenFiles.length

for (const { fullName } of skipped) process.stdout.write(`skipped: ${fullName}\n`)
for (const { name } of brokenFiles) process.stdout.write(`not loaded: ${name}\n`)
for (const { fullName, failureMessages } of retried) {
  process.stdout.write(`retried: ${fullName}: ${failureMessages[0].split('\n', 1)[0]}\n`)
}
const unsteady = retried.length > MOST_RETRIED
if (unsteady) process.stdout.write(`${retried.length} tests were retried, at most ${MOST_RETRIED} may be\n`)
process.stdout.write(`${passed.length} passed, ${failed} failed\n`)
process.exitCode = failed === 0 && passed.length > 0 && !unsteady ? 0 : 1
