import type { Asker } from '../../config/trust/asker.js'
import { callerOf } from '../../config/trust/caller.js'
import { findUser } from '../../native/process/users.js'

/** Options that decide what a configuration may do. */
export type AskerOptions = Pick<Asker, 'user' | 'allowReadableKeys'>

/** Whoever runs this process, with these options. */
export function askerOf({ allowReadableKeys, user }: AskerOptions = {}): Asker {
  return { caller: callerOf(process.env), user, allowReadableKeys, findUser }
}
