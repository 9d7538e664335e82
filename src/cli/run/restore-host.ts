import { runFolder } from '../../control/run-folder.js'
import { lockRun } from '../../control/run-lock.js'
import { asError } from '../../core/api/errors.js'
import { DEFAULT_LOG_LEVEL, type Logger } from '../../core/api/logger.js'
import { type HookSettings, NO_HOOKS } from '../../core/settings/host-settings.js'
import { repair } from '../../host/repair.js'
import { createLogger } from '../output/log.js'
import { readTunnelFile } from './tunnel-file.js'

/** Undoes what a tunnel that no longer runs left on the host. Whether there was anything to be undone. */
export async function restoreHost(path: string, journal: string): Promise<boolean> {
  const lock = lockRun(path, runFolder(process.env))
  try {
    const log = await createLogger(DEFAULT_LOG_LEVEL)
    return (await repair(journal, hooksOf(path, log), log)) > 0
  } finally {
    lock.release()
  }
}

/** The commands of a file that belong to the end; none if it cannot be read any more. */
function hooksOf(path: string, log: Logger): HookSettings {
  try {
    return readTunnelFile(path).config.host?.hooks ?? NO_HOOKS
  } catch (thrown) {
    log.warn('skipping the hooks of the file', { why: asError(thrown).message })
    return NO_HOOKS
  }
}
