import { parseConfigFile } from '../../config/files/config-file.js'
import { replaceFile } from '../../config/files/write-files.js'
import type { Asker } from '../../config/trust/asker.js'
import type { Way } from '../../config/trust/way.js'
import { writersOf } from '../../config/trust/writers.js'
import { savedModel } from '../../config/wg-quick/saved-model.js'
import { writeWgQuick } from '../../config/wg-quick/write.js'
import { lockFile, type Release } from '../../control/take-lock.js'
import type { TunnelConfig } from '../../core/api/config.js'
import { asError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import type { PartTraits } from '../../core/plugin/part-traits.js'
import { admitTunnelFile } from '../run/tunnel-file.js'

/** What saving depends on. */
interface SaveParts {
  readonly asker: Asker
  readonly traits: PartTraits
  readonly log: Logger
}

/**
 * Writes what a tunnel ran with into its wg-quick file, if that says `SaveConfig = true` by now and it differs: all of it
 * anew, as wg-quick does, without comments. A file that another user could write is left alone. The log tells what came of
 * it; the end of a tunnel does not depend on it.
 */
export async function saveConfig(
  path: string,
  running: TunnelConfig,
  { asker, log, traits }: SaveParts,
): Promise<void> {
  let release: Release | undefined
  try {
    const { model, config } = admitTunnelFile(path, asker).whole(traits)
    if (model.interface.saveConfig !== true) return
    release = await lockFile(path)
    const { text, way } = parseConfigFile(path)
    const [before, after] = [model, savedModel(model, config, running)].map((one) => writeWgQuick(one)?.text)
    if (after === undefined || after === before) return
    checkOwn(way)
    replaceFile(path, text, after, { most: 0o600 })
    log.info('saved the configuration without its comments', { file: path })
  } catch (thrown) {
    log.warn('cannot save the configuration', { why: asError(thrown).message })
  } finally {
    release?.()
  }
}

/** Throws if others than this process and root can write a file, or put another one in its place. */
function checkOwn(way: Way): void {
  const { open, owned } = writersOf(way, new Set([process.geteuid!()]))
  const [step] = open === undefined ? owned : [open]
  if (step !== undefined) throw new Error(`another user may write ${step.path}`)
}
