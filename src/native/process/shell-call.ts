import { execFileSync } from 'node:child_process'
import { cleanEnvironment, findProgram } from './programs.js'

/** What of its own environment a process hands on to the user's commands. */
const HARMLESS = ['HOME', 'LANG', 'LOGNAME', 'TERM', 'TZ', 'USER']

/** How getent(1) ends if there is no such user. */
const UNKNOWN = 2
/** The group of who has none. systemd's docs/UIDS-GIDS.md */
const NO_GROUP = 65_534

/** How a command of the user is started. */
export interface ShellCall {
  readonly program: string
  readonly args: readonly string[]
  readonly options: {
    readonly env: Readonly<Record<string, string>>
    readonly cwd?: string
    readonly uid?: number
    readonly gid?: number
  }
}

/** What is known of a user. passwd(5) */
export interface Account {
  readonly gid: number
  /** Absent if the system does not know the user. */
  readonly known?: { readonly name: string; readonly home: string }
}

/**
 * How a command is run in a shell, bash as wg-quick does, else sh, by a user other than the process's if `uid` is one.
 *
 * Throws an Error if this process cannot do that.
 */
export function shellCall(command: string, uid: number | undefined): ShellCall {
  const program = findProgram('bash') ?? '/bin/sh'
  const args = ['-c', command]
  const own = process.getuid!()
  if (uid === undefined || uid === own) return { program, args, options: { env: environmentWith(HARMLESS) } }
  if (own !== 0) throw new Error(`only root can run it as user ${uid}, and this process is user ${own}`)
  const { gid, known } = accountOf(uid)
  const who = known === undefined ? {} : { HOME: known.home, LOGNAME: known.name, USER: known.name }
  const options = { env: { ...environmentWith(['TERM']), ...who }, cwd: '/' }
  const setpriv = findProgram('setpriv')
  // Without it the user has but one group: less than its own, and no right too many.
  if (setpriv === undefined || known === undefined)
    return { program, args, options: { ...options, uid, gid } }
  const rights = [
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--init-groups',
    '--inh-caps=-all',
    '--ambient-caps=-all',
  ]
  return { program: setpriv, args: [...rights, '--', program, ...args], options }
}

/** These variables of the process, and what every program is started with. */
function environmentWith(names: readonly string[]): Record<string, string> {
  const own = names.flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return { ...cleanEnvironment(), ...Object.fromEntries(own) }
}

/** What the system knows of a user by whatever it asks (files, LDAP, systemd). Throws an Error if that cannot be found out. */
export function accountOf(uid: number): Account {
  try {
    const line = execFileSync(findProgram('getent')!, ['passwd', String(uid)], {
      encoding: 'utf8',
      env: cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const [name, , , gid, , home] = line.trim().split(':')
    return { gid: Number(gid), known: { name: name!, home: home! } }
  } catch (thrown) {
    if ((thrown as { status?: unknown }).status === UNKNOWN) return { gid: NO_GROUP }
    throw thrown // the host has no room for one more program, for example
  }
}
