import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { asError, ConfigError, QanatError } from '../../core/api/errors.js'
import { isProgram } from '../../native/process/programs.js'
import { type Account, accountOf } from '../../native/process/shell-call.js'
import { LOGIN_HOME } from './login-script.js'

/** Where browsers are. */
const FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/local/games', '/usr/games']
/** Variables that a browser needs for its window and its language, from the environment of sudo(8). */
const HANDED_ON = [
  'DISPLAY',
  'LANG',
  'LANGUAGE',
  'LC_ALL',
  'LC_MESSAGES',
  'TZ',
  'WAYLAND_DISPLAY',
  'XAUTHORITY',
]

type Environment = Readonly<Record<string, string | undefined>>

/** Whose browser it is. */
export interface BrowserUser {
  readonly uid: number
  readonly gid: number
  readonly name: string
  readonly home: string
}

/**
 * The user who called root by sudo(8).
 *
 * @throws QanatError ERR_PRIVILEGES if this process is not root, or was called by nobody else: no browser runs as root.
 */
export function browserUser(
  environment: Environment,
  own = process.getuid!(),
  lookUp: (uid: number) => Account = accountOf,
): BrowserUser {
  const { SUDO_UID = '' } = environment
  const refused = (why: string, cause?: unknown) =>
    new QanatError(`Cannot open a login: ${why}`, { code: 'ERR_PRIVILEGES', cause })
  if (own !== 0) throw refused('that takes root; try again with sudo')
  const uid = /^[1-9]\d{0,9}$/.test(SUDO_UID) ? Number(SUDO_UID) : 0
  if (uid === 0)
    throw refused("no browser runs as root; call it by 'sudo' as the user whose browser it is to be")
  let account: Account
  try {
    account = lookUp(uid)
  } catch (thrown) {
    throw refused(`user ${uid}, who called sudo, cannot be looked up: ${asError(thrown).message}`, thrown)
  }
  if (account.known === undefined) throw refused(`user ${uid}, who called sudo, is not known to this system`)
  return { uid, gid: account.gid, ...account.known }
}

/**
 * The path of a browser, by its name or its path.
 *
 * @throws ConfigError if it is not installed.
 */
export function browserPath(program: string, folders: readonly string[] = FOLDERS): string {
  const paths = program.startsWith('/') ? [program] : folders.map((folder) => join(folder, program))
  const path = paths.find(isProgram)
  if (path !== undefined) return path
  throw new ConfigError(
    `Cannot start the browser '${program}': it is not installed; set 'login-browser' in [interface]`,
    { code: 'ERR_CONFIG_VALUE' },
  )
}

/** What a browser has of an environment: a home without a profile, the window system of its user, and no more. */
export function browserEnvironment(
  { home, name, uid }: BrowserUser,
  environment: Environment,
  isThere: (path: string) => boolean = existsSync,
): Record<string, string> {
  const handed = HANDED_ON.flatMap((key) => {
    const value = environment[key]
    return value === undefined || value === '' ? [] : [[key, value] as const]
  })
  const runtime = `/run/user/${uid}`
  const display = Object.fromEntries(handed)
  const cookie = `${home}/.Xauthority`
  return {
    PATH: FOLDERS.join(':'),
    HOME: LOGIN_HOME,
    TMPDIR: LOGIN_HOME,
    USER: name,
    LOGNAME: name,
    ...(isThere(runtime) && { XDG_RUNTIME_DIR: runtime }),
    ...(isThere(`${runtime}/wayland-0`) && { WAYLAND_DISPLAY: 'wayland-0' }),
    ...(isThere(cookie) && { XAUTHORITY: cookie }),
    ...display,
  }
}
