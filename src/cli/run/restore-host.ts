import { runFolder } from '../../control/run-folder.js'
import { journalsOf, lockRun } from '../../control/run-lock.js'
import { asError } from '../../core/api/errors.js'
import { DEFAULT_LOG_LEVEL, type Logger } from '../../core/api/logger.js'
import { NO_HOOKS } from '../../core/settings/host-settings.js'
import { systemClock } from '../../core/time/system-clock.js'
import { forgetEarlierBoots, repair } from '../../host/repair.js'
import type { UndoParts } from '../../host/undo.js'
import { createLogger } from '../output/log.js'
import { askerOf } from './asker.js'
import { readTunnelFile } from './tunnel-file.js'

/** Undoes what a tunnel that no longer runs left on the host. Whether there was anything to be undone. */
export async function restoreHost(path: string, journal: string): Promise<boolean> {
  const folder = runFolder(process.env)
  const lock = lockRun(path, folder)
  try {
    const log = await createLogger(DEFAULT_LOG_LEVEL)
    forgetEarlierBoots(journalsOf(path, folder))
    return (await repair(journal, { log, clock: systemClock, ...hooksOf(path, log) })) > 0
  } finally {
    lock.release()
  }
}

/** The commands of a file that belong to the end, and whom they run as; none if it cannot be read any more. */
function hooksOf(path: string, log: Logger): Pick<UndoParts, 'hooks' | 'hooksAs'> {
  try {
    // Who reads the keys does not matter to the end of a tunnel.
    const { host, hooksAs } = readTunnelFile(path, askerOf({ allowReadableKeys: true })).config
    return { hooks: host?.hooks ?? NO_HOOKS, hooksAs }
  } catch (thrown) {
    log.warn('skipping the hooks of the file', { why: asError(thrown).message })
    return { hooks: NO_HOOKS }
  }
}
