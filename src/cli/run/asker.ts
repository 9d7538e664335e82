import type { Asker } from '../../config/trust/asker.js'
import { callerOf } from '../../config/trust/caller.js'
import { findUser } from '../../native/process/users.js'

/** Options that decide what a configuration may do. */
export type AskerOptions = Pick<Asker, 'user' | 'allowReadableKeys'>

/**
 * Whoever runs this process, with these options. A process that will drop root asks before: it judges its file again at
 * each reload, as the one that it was.
 */
export function askerOf({ allowReadableKeys, user }: AskerOptions = {}): Asker {
  return { caller: callerOf(process.env), user, allowReadableKeys, findUser }
}
