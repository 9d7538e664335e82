import { PRIVATE_KEY_CIPHER } from '../../config/schema/default-cipher.js'
import { lockOnceRestored } from '../../control/lock-once-restored.js'
import { runFolder } from '../../control/run-folder.js'
import { journalsOf } from '../../control/run-lock.js'
import { socketFolder } from '../../control/uapi/socket-place.js'
import type { TunnelConfig } from '../../core/api/config.js'
import { asError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { NO_HOOKS } from '../../core/settings/host-settings.js'
import { systemClock } from '../../core/time/system-clock.js'
import { belongsToKillSwitch, type Change } from '../../host/record/change.js'
import { changeText } from '../../host/record/change-text.js'
import {
  changesLeft,
  forget,
  forgetEarlierBoots,
  forgetUnreadable,
  isKillSwitch,
  notRestored,
  repairExcept,
} from '../../host/repair.js'
import type { AnswerTools, UndoNotedParts } from '../../host/undo-noted.js'

/** What is to be restored. */
export interface LeftRun {
  /** The file of a tunnel that no longer runs. */
  readonly path: string
  readonly journal: string
  readonly log: Logger
  /** Whether what belongs to a kill switch stays. */
  readonly keepsKillSwitch?: boolean
  /** Whom it ran as, if an option said so. */
  readonly user?: string | undefined
  /** Is told what cannot be undone, which the journal forgets then. */
  readonly forgets?: ((stays: string) => void) | undefined
  /** What may undo what this process cannot; root if absent. */
  readonly remedy?: string | undefined
}

/**
 * Undoes what a tunnel that no longer runs left on the host; waits for another process that does so.
 *
 * @returns Whether there was anything to be undone.
 * @throws ConfigError if the tunnel runs; HostError if some of it cannot be undone.
 */
export async function restoreHost({
  path,
  journal,
  log,
  keepsKillSwitch,
  user,
  forgets,
  remedy,
}: LeftRun): Promise<boolean> {
  const folder = runFolder(process.env)
  const { lock, waited } = await lockOnceRestored(path, folder, true)
  try {
    if (forgets !== undefined) for (const file of forgetUnreadable(journal)) forgets(`what ${file} noted`)
    forgetEarlierBoots(journalsOf(path, folder))
    const parts = { log, clock: systemClock, ...(await hooksOf(journal, path, log, user)) }
    const isClosed = keepsKillSwitch === true && isKillSwitch(journal)
    const stays = (change: Change) => isClosed && belongsToKillSwitch(change)
    const { failed, repaired } = await repairExcept(journal, parts, stays)
    if (failed.length > 0) {
      if (forgets === undefined) throw notRestored(journal, failed, remedy)
      for (const change of failed) forgets(changeText(change))
      forget(journal, failed)
    }
    return repaired > 0 || waited
  } finally {
    lock.release()
  }
}

/**
 * The hooks of a file that run at the end, whom they run as, and what answers WireGuard's tools meanwhile; none if it can
 * no longer be read. The code that reads files is loaded only if the journal has hooks.
 */
async function hooksOf(
  journal: string,
  path: string,
  log: Logger,
  user: string | undefined,
): Promise<Pick<UndoNotedParts, 'hooks' | 'hooksAs' | 'file' | 'answerTools'>> {
  if (!changesLeft(journal).some(({ kind }) => kind === 'hooks')) return { hooks: NO_HOOKS }
  try {
    const { readTunnelFile } = await import('./tunnel-file.js')
    const { askerOf } = await import('./asker.js')
    // Who knows the keys does not matter to the end of a tunnel.
    const asker = askerOf({ allowWritableFiles: true, user })
    const { config } = readTunnelFile(path, asker)
    const { cipher, file, host, hooksAs } = config
    const folder = cipher === PRIVATE_KEY_CIPHER ? socketFolder(process.env) : undefined
    const answerTools = folder === undefined ? undefined : await answererOf(folder, config, log)
    return { hooks: host?.hooks ?? NO_HOOKS, hooksAs, file, answerTools }
  } catch (thrown) {
    log.warn('skipping the hooks of the file', { why: asError(thrown).message })
    return { hooks: NO_HOOKS }
  }
}

/** Endpoints of plugins are not shown: their code is not loaded to end a tunnel. */
async function answererOf(folder: string, config: TunnelConfig, log: Logger): Promise<AnswerTools> {
  const { answerForKilled } = await import('../../app/uapi/answer-for-killed.js')
  const { BUILT_IN_TRAITS } = await import('../../app/builtins.js')
  return answerForKilled(folder, { config, traits: BUILT_IN_TRAITS.transport, clock: systemClock, log })
}
