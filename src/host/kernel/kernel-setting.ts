import { readFileSync, writeFileSync } from 'node:fs'
import { HostError } from '../../core/api/errors.js'
import { inNamespace } from '../../native/process/namespace-scope.js'
import type { Change } from '../record/change.js'
import type { Journal } from '../record/journal.js'

type Setting = Extract<Change, { kind: 'setting' }>

/** The value of a file below /proc/sys; undefined if there is none. */
export function readSetting(path: string): string | undefined {
  try {
    return inNamespace(() => readFileSync(path, 'utf8')).trim()
  } catch {
    return undefined
  }
}

/**
 * Changes a setting of the kernel, if it has another value.
 *
 * @throws HostError if it cannot be changed.
 */
export function changeSetting(path: string, after: string, journal: Journal): void {
  const before = readSetting(path)
  if (before === undefined) throw failure(path, after, 'the kernel has no such setting')
  if (before === after) shareSettings(path, journal)
  else {
    journal.note({ kind: 'setting', path, before, after })
    write(path, after)
  }
}

/**
 * Notes what other tunnels changed of the settings whose paths begin so: whichever of them stops last restores what was
 * there before the first.
 */
export function shareSettings(beginning: string, journal: Journal): void {
  for (const change of journal.believedOthers()) {
    if (change.kind === 'setting' && change.path.startsWith(beginning)) journal.note(change)
  }
}

/** Notes a setting that the kernel changes by itself with others, so that its value is restored too. */
export function keepSetting(path: string, journal: Journal): void {
  const before = readSetting(path)
  if (before !== undefined) journal.note({ kind: 'setting', path, before, after: null })
}

/** Puts a setting back, unless another tunnel needs it, somebody else changed it, or its interface is gone. */
export function restoreSetting({ path, before, after }: Setting, others: readonly Change[]): void {
  if (others.some((other) => other.kind === 'setting' && other.path === path)) return
  const now = readSetting(path)
  if (now === undefined || now === before || (after !== null && now !== after)) return
  write(path, before)
}

function write(path: string, value: string): void {
  try {
    inNamespace(() => writeFileSync(path, value))
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    const option = `--sysctl ${nameOf(path)}=${value}`
    const why = `it is read-only here; start the container with ${option}`
    throw failure(path, value, code === 'EROFS' ? why : (code ?? String(thrown)))
  }
}

/** As sysctl(8) calls it, which writes a dot in a name as a slash. */
function nameOf(path: string): string {
  const swapped = { '/': '.', '.': '/' }
  return path.slice('/proc/sys/'.length).replaceAll(/[/.]/g, (sign) => swapped[sign as '/' | '.'])
}

function failure(path: string, value: string, why: string): HostError {
  return new HostError(`Cannot set ${path} to ${value}: ${why}`, { code: 'ERR_HOST_CHANGE' })
}
