import { existsSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { callerOf } from '../../config/trust/caller.js'
import { checkCode } from '../../config/trust/check-code.js'
import { isObject } from './descriptor-check.js'

/** What is read of a package's package.json. */
interface Manifest {
  readonly exports?: unknown
}

/** Conditions of `exports` that an import meets, those that are for it alone first. */
const CONDITIONS = ['node', 'import', 'default']

/**
 * The URL of a plugin's module, for import(): of a path that starts with `.` or `/`, or of a package that is
 * installed where the process runs. A plain import() would look beside this file.
 *
 * Throws an Error that names what is missing, or who else can write the module.
 */
export function locatePlugin(specifier: string): string {
  const path = /^\.{0,2}\//.test(specifier) ? resolve(specifier) : locatePackage(specifier)
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new Error('no such file or directory')
  checkCode(path, callerOf(process.env))
  return pathToFileURL(path).href
}

function locatePackage(specifier: string): string {
  const require = createRequire(resolve('package.json'))
  try {
    return require.resolve(specifier)
  } catch (thrown) {
    const entry = isForImportOnly(thrown)
      ? importEntry(specifier, require.resolve.paths(specifier) ?? [])
      : undefined
    if (entry !== undefined) return entry
    throw new Error('no such package is installed here; a path begins with ./ or /', { cause: thrown })
  }
}

function isForImportOnly(thrown: unknown): boolean {
  return (thrown as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED'
}

/** The entry of a package that require.resolve refuses, as it is for import only. */
function importEntry(name: string, folders: readonly string[]): string | undefined {
  const folder = folders
    .map((parent) => join(parent, name))
    .find((path) => existsSync(join(path, 'package.json')))
  if (folder === undefined) return undefined
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  const entry = target(isObject(exports) && '.' in exports ? exports['.'] : exports)
  return entry === undefined ? undefined : join(folder, entry)
}

function target(exported: unknown): string | undefined {
  if (typeof exported === 'string') return exported
  if (!isObject(exported)) return undefined
  const condition = Object.keys(exported).find((key) => CONDITIONS.includes(key))
  return condition === undefined ? undefined : target(exported[condition])
}
