import { readFileSync, writeFileSync } from 'node:fs'
import { HostError } from '../core/errors.js'
import type { Change } from './change.js'
import type { Journal } from './journal.js'

type Setting = Extract<Change, { kind: 'setting' }>

/** The value of a file below /proc/sys; undefined where there is none. */
export function readSetting(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}

/**
 * Changes a setting of the kernel, where it has another value.
 *
 * @throws HostError where it cannot be changed.
 */
export function changeSetting(path: string, after: string, journal: Journal): void {
  const before = readSetting(path)
  if (before === after) return
  if (before === undefined) throw failure(path, after, 'the kernel has no such setting')
  journal.note({ kind: 'setting', path, before, after })
  write(path, after)
}

/** Notes a setting that the kernel changes by itself with others, so that its value is put back, too. */
export function keepSetting(path: string, journal: Journal): void {
  const before = readSetting(path)
  if (before !== undefined) journal.note({ kind: 'setting', path, before, after: null })
}

/** Puts a setting back, unless somebody else changed it meanwhile or its interface is gone. */
export function restoreSetting({ path, before, after }: Setting): void {
  const now = readSetting(path)
  if (now === undefined || now === before || (after !== null && now !== after)) return
  write(path, before)
}

function write(path: string, value: string): void {
  try {
    writeFileSync(path, value)
  } catch (thrown) {
    throw failure(path, value, (thrown as NodeJS.ErrnoException).code ?? String(thrown))
  }
}

function failure(path: string, value: string, why: string): HostError {
  return new HostError(`Cannot set ${path} to ${value}: ${why}`, { code: 'ERR_HOST_CHANGE' })
}
