import type { Asker } from '../../../src/config/trust/asker.js'
import { callerOf } from '../../../src/config/trust/caller.js'

/** Whoever runs the tests, on a host where a user's name is its number, and its group has the same. */
export const ASKER: Asker = {
  caller: callerOf({}),
  findUser: (name) => ({ uid: Number(name), gid: Number(name) }),
}
