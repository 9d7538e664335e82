import { existsSync, lstatSync, mkdirSync, readFileSync, realpathSync } from 'node:fs'
import module from 'node:module'
import { dirname, isAbsolute, join } from 'node:path'
import type { Step, Way } from '../../config/trust/way.js'
import { writersOf } from '../../config/trust/writers.js'
import { rightsOf } from '../../native/process/process-stat.js'

/** Root's folder for what can be made again. file-hierarchy(7) */
const ROOT_FOLDER = '/var/cache/qanat'

type Environment = Readonly<Record<string, string | undefined>>

/** Since Node 22.8. */
interface CompileCache {
  readonly enableCompileCache?: (folder: string) => unknown
  readonly flushCompileCache?: () => void
}

/**
 * Has Node keep what V8 makes of this program's files, and take it from there at the next start. Node leaves that if
 * NODE_DISABLE_COMPILE_CACHE is set, and has a folder of its own with NODE_COMPILE_CACHE. Of functions that come from there V8's coverage
 * says little.
 */
export function useCodeCache(): void {
  const { enableCompileCache } = module as CompileCache
  if (enableCompileCache === undefined || process.env.NODE_V8_COVERAGE !== undefined) return
  const status = statusOfProcess()
  const folder = status === undefined ? undefined : codeCacheFolder(process.env, status)
  if (folder !== undefined) enableCompileCache(folder)
}

/** Writes down what was made so far; Node does so at the end, when a process may not be able to any more. */
export function keepCode(): void {
  const { flushCompileCache } = module as CompileCache
  flushCompileCache?.()
}

/**
 * The folder of the cache, which is made if there is none: root's, or one of the user's. Undefined if somebody else can write it, since it
 * holds code; if the process may do more than other processes of its user, who could write it; and if it cannot be had.
 *
 * @param status of the process: proc_pid_status(5)
 */
export function codeCacheFolder(
  environment: Environment,
  status: string,
  ofRoot = ROOT_FOLDER,
): string | undefined {
  const { permitted, uids } = rightsOf(status)
  const [uid = 0, ...others] = uids
  if (others.some((other) => other !== uid) || (uid !== 0 && permitted !== 0n)) return undefined
  const folder = uid === 0 ? ofRoot : userFolder(environment)
  if (folder === undefined) return undefined
  try {
    for (const one of [dirname(folder), folder]) if (!existsSync(one)) mkdirSync(one, 0o700)
    const path = realpathSync(folder)
    const { open, owned } = writersOf(wayTo(path), new Set([uid]))
    return open === undefined && owned.length === 0 ? path : undefined
  } catch {
    return undefined
  }
}

/** Undefined without /proc, as in a bare chroot(8): what may be done is not known then. */
function statusOfProcess(): string | undefined {
  try {
    return readFileSync('/proc/self/status', 'utf8')
  } catch {
    return undefined
  }
}

/** XDG Base Directory Specification: what is relative counts for nothing. */
function userFolder({ HOME, XDG_CACHE_HOME }: Environment): string | undefined {
  const named = [XDG_CACHE_HOME, HOME === undefined ? undefined : join(HOME, '.cache')]
  const folder = named.find((one) => one !== undefined && isAbsolute(one))
  return folder === undefined ? undefined : join(folder, 'qanat')
}

/** All folders that a path without links leads through. */
function wayTo(path: string): Way {
  const { gid, mode, uid } = lstatSync(path)
  const step: Step = { path, kind: 'folder', uid, gid, mode }
  return path === '/' ? [step] : [...wayTo(dirname(path)), step]
}
