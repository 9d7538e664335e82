import type { Case } from '../../conformance/kit/case.js'
import { asError } from '../../core/api/errors.js'

/** Milliseconds for a whole case; what it waits for has shorter limits of its own, which say more. */
const LIMIT = 120_000

/** Resolves once a case has run, and what it left for the next turn of the event loop, too. */
async function finished(run: Case['run']): Promise<void> {
  await run()
  await new Promise((resolve) => setImmediate(resolve))
}

/**
 * Runs a case. What is thrown outside of any call, as by an event, counts for it, too.
 *
 * @returns what was found; undefined if the promise is kept.
 */
export async function runCase({ run }: Case): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined
  const outside = new Promise<never>((_, reject) => {
    process.setUncaughtExceptionCaptureCallback((thrown) => {
      reject(new Error(`what nobody called threw: ${asError(thrown).message}`, { cause: thrown }))
    })
    timer = setTimeout(() => reject(new Error(`it did not end within ${LIMIT} ms`)), LIMIT)
  })
  try {
    await Promise.race([finished(run), outside])
    return undefined
  } catch (thrown) {
    return asError(thrown).message.trimEnd()
  } finally {
    clearTimeout(timer)
    process.setUncaughtExceptionCaptureCallback(null)
  }
}
