import { asError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'

/** A way to undo a change without the program that made it. */
export interface OtherWay {
  /** As the log calls it. */
  readonly name: string
  /** Throws if it does not lead there. */
  go(): void | Promise<void>
}

/**
 * Undoes a change by a program or, if that is missing or broken, in another way, which the log tells.
 *
 * @throws What the program complained of, if the other way does not lead there either.
 */
export async function byProgramOr(
  program: () => Promise<unknown>,
  { go, name }: OtherWay,
  log: Logger,
  journal: string | undefined,
): Promise<void> {
  try {
    await program()
  } catch (thrown) {
    const why = asError(thrown).message
    try {
      await go()
    } catch {
      throw thrown // the program's complaint tells more
    }
    log.warn('restored part of the host in another way', { way: name, why, ...(journal && { journal }) })
  }
}
