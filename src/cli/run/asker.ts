import type { Asker } from '../../config/trust/asker.js'
import { callerOf } from '../../config/trust/caller.js'
import { READABLE_KEYS_VARIABLE } from '../../config/trust/readers.js'
import { findUser } from '../../native/process/users.js'

/** Options that decide what a configuration may do. */
export type AskerOptions = Pick<Asker, 'user' | 'allowReadableKeys' | 'allowWritableFiles'>

/**
 * Whoever runs this process, with these options. A process that will drop root asks before: it judges its file again at
 * each reload, as the one that it was.
 */
export function askerOf({ allowReadableKeys, allowWritableFiles, user }: AskerOptions = {}): Asker {
  const { env } = process
  return {
    caller: callerOf(env),
    user,
    allowReadableKeys: allowReadableKeys ?? env[READABLE_KEYS_VARIABLE] === '1',
    allowWritableFiles,
    findUser,
  }
}
