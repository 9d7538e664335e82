import { realpathSync, rmSync } from 'node:fs'
import { BUILT_IN_TRAITS } from '../../app/builtins.js'
import { publicKeyOf } from '../../ciphers/keys/keys.js'
import { type ConfigFile, readConfigFile } from '../../config/files/config-file.js'
import { draftBeside, type NewFile, replaceFile } from '../../config/files/write-files.js'
import { lockFile } from '../../control/take-lock.js'
import { asError, isQanatError, QanatError } from '../../core/api/errors.js'
import { askRun } from '../run/ask-run.js'
import { askerOf } from '../run/asker.js'
import { runAt } from '../run/find-runs.js'

/** What becomes of a file, and new ones that come with it. */
export interface ChangedFile {
  readonly text: string
  readonly also?: readonly NewFile[]
}

/** Without an answer it may go by the change, or do so yet. */
const UNANSWERED = 'the tunnel that runs did not answer; "qanat reload" has it go by the file'
/** Answers that say that there is nobody yet, or no longer, to read a file again. */
const NOBODY: readonly unknown[] = ['ERR_NOT_RUNNING', 'ERR_STARTING']

/**
 * Changes the file of a tunnel, one process at a time: a reader finds the old text or the new one, also if this process is
 * killed. A tunnel that runs reads it again; if it refuses, the file is as it was.
 *
 * @returns whether a tunnel runs and goes by it.
 * @throws ConfigError if the file cannot be read or written; QanatError if the tunnel refuses it.
 */
export async function changeFile(path: string, change: (file: ConfigFile) => ChangedFile): Promise<boolean> {
  const release = await lockFile(path)
  try {
    const file = readConfigFile(path, publicKeyOf, askerOf(), BUILT_IN_TRAITS)
    rmSync(draftBeside(realpathSync(path)), { force: true }) // of a process that was killed: this one has the lock
    const { also = [], text } = change(file)
    replaceFile(path, file.text, text, { also })
    try {
      return await isReloaded(path)
    } catch (thrown) {
      for (const { path } of also) rmSync(path, { force: true })
      const back = restored(path, text, file.text)
      if (!isQanatError(thrown)) throw thrown
      const { code, message } = thrown
      const why = code === 'ERR_CONTROL' ? UNANSWERED : 'the tunnel that runs refused the change'
      throw new QanatError(`${message}\n${back}: ${why}`, { code, cause: thrown })
    }
  } finally {
    release()
  }
}

/** Takes a change back, and tells how the file is. Whoever changed it meanwhile keeps that. */
function restored(path: string, text: string, before: string): string {
  try {
    replaceFile(path, text, before)
    return `${path} is as it was`
  } catch (thrown) {
    return `${asError(thrown).message}, so it keeps the change`
  }
}

async function isReloaded(path: string): Promise<boolean> {
  const run = runAt(path)
  if (run === undefined) return false
  try {
    await askRun(run, path, 'reload')
    return true
  } catch (thrown) {
    if (isQanatError(thrown) && NOBODY.includes(thrown.code)) return false
    throw thrown
  }
}
