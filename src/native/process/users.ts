import { asError, ConfigError, QanatError } from '../../core/api/errors.js'
import { type Koffi, loadKoffi } from '../base/koffi.js'

/** Whom a process may run as. */
export interface User {
  readonly uid: number
  /** The primary group. */
  readonly gid: number
}

/** The largest number of a user: (uid_t) -1 means "as it is". */
const MAX_UID = 2 ** 32 - 2

/**
 * The user of this name or number, by whatever the system asks (files, LDAP, systemd). A number that nobody has
 * stands for itself and a group of the same number.
 *
 * @throws ConfigError if there is no such user, or it is root, which would keep every privilege.
 * @throws QanatError ERR_NATIVE if koffi cannot be loaded.
 */
export function findUser(text: string): User {
  const user = lookUp(koffiFor(text), text)
  if (user === undefined) throw refusal(text, 'no such user')
  if (user.uid === 0) throw refusal(text, 'root keeps every privilege, so choose another user')
  return user
}

/** @throws QanatError ERR_NATIVE that says what to do without. */
function koffiFor(user: string): Koffi {
  try {
    return loadKoffi()
  } catch (thrown) {
    const why = `capabilities are kept by koffi only: ${asError(thrown).message}; leave out --user`
    throw new QanatError(`Cannot run as user '${user}': ${why}`, { code: 'ERR_NATIVE', cause: thrown })
  }
}

function lookUp(koffi: Koffi, text: string): User | undefined {
  const libc = koffi.load('libc.so.6')
  const passwd = koffi.struct({
    name: 'char*',
    password: 'char*',
    uid: 'uint32_t',
    gid: 'uint32_t',
  }) // struct passwd of pwd.h goes on, with what is not needed
  const entry = koffi.pointer(passwd)
  const userOf = (found: unknown): User | undefined => {
    if (found === null) return undefined
    const { uid, gid } = koffi.decode(found, passwd) as User
    return { uid, gid }
  }
  if (!/^\d+$/.test(text)) return userOf(libc.func('getpwnam', entry, ['str'])(text))
  const uid = Number(text)
  if (uid > MAX_UID) throw refusal(text, `a user ID is within 0 to ${MAX_UID}`)
  return userOf(libc.func('getpwuid', entry, ['uint32_t'])(uid)) ?? { uid, gid: uid }
}

function refusal(text: string, why: string): ConfigError {
  return new ConfigError(`Cannot run as user '${text}': ${why}`, { code: 'ERR_CONFIG_VALUE' })
}
