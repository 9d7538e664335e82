import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isPath } from '../../config/build/plugin-options.js'
import { isTable } from '../../config/check/table.js'
import { callerOf } from '../../config/trust/caller.js'
import { checkCode } from '../../config/trust/check-code.js'
import { pluginFolder } from './plugin-folder.js'

/** What is read of a package's package.json. */
interface Manifest {
  readonly exports?: unknown
}

/** Conditions of `exports` that an import meets, those that are for it alone first. */
const CONDITIONS = ['node', 'import', 'default']

/**
 * The URL of a plugin's module, for import(): of a path that starts with `.` or `/`, or of a package. That is looked for in
 * `from`, a folder, and those above it, then in the folder for plugins. A plain import() would look beside this file.
 *
 * Throws an Error that names what is missing, or who else can write the module.
 */
export function locatePlugin(specifier: string, from = process.cwd()): string {
  const path = isPath(specifier) ? resolve(from, specifier) : locatePackage(specifier, from)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isDirectory()) throw new Error('it is a folder; give the path of the module in it')
  if (!found?.isFile()) throw new Error('no such file or directory')
  const caller = callerOf(process.env)
  checkCode(path, caller)
  const manifest = manifestOf(path)
  if (manifest !== undefined) checkCode(manifest, caller) // it says what kind of module that is
  return pathToFileURL(path).href
}

/** The package.json that a module belongs to; undefined if there is none. */
export function manifestOf(module: string): string | undefined {
  for (let folder = dirname(module); ; folder = dirname(folder)) {
    const path = join(folder, 'package.json')
    if (existsSync(path)) return path
    if (folder === dirname(folder)) return undefined
  }
}

function locatePackage(specifier: string, from: string): string {
  const folders = [from, pluginFolder(callerOf(process.env).uid, process.env)]
  for (const folder of folders) {
    const found = resolvePackage(specifier, folder)
    if (found !== undefined) return found
  }
  throw new Error(`no such package is installed in ${folders.join(' or ')}; a path begins with ./ or /`)
}

/**
 * The entry of a package that is installed in a folder or above it. Node alone would also look in NODE_PATH and in the
 * user's own folders, and would take the name of a module of its own for that.
 */
function resolvePackage(specifier: string, folder: string): string | undefined {
  const [scope, within] = specifier.split('/')
  const name = scope!.startsWith('@') ? `${scope}/${within}` : scope!
  const parent = foldersUp(folder).find((parent) => existsSync(join(parent, name)))
  if (parent === undefined) return undefined
  const require = createRequire(join(folder, 'package.json'))
  try {
    const found = require.resolve(isBuiltin(specifier) ? `${specifier}/` : specifier)
    return found.startsWith(join(realpathSync(join(parent, name)), '/')) ? found : undefined
  } catch (thrown) {
    return isForImportOnly(thrown) ? importEntry(join(parent, specifier)) : undefined
  }
}

/** Where packages are installed for a folder, the nearest first. */
function foldersUp(folder: string): string[] {
  const own = join(folder, 'node_modules')
  const above = dirname(folder)
  return above === folder ? [own] : [own, ...foldersUp(above)]
}

function isForImportOnly(thrown: unknown): boolean {
  return (thrown as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED'
}

/** The entry of a package that require.resolve refuses, as it is for import only. */
function importEntry(folder: string): string | undefined {
  const manifest = join(folder, 'package.json')
  if (!existsSync(manifest)) return undefined
  const { exports } = JSON.parse(readFileSync(manifest, 'utf8')) as Manifest
  const entry = target(isTable(exports) && '.' in exports ? exports['.'] : exports)
  return entry === undefined ? undefined : join(folder, entry)
}

function target(exported: unknown): string | undefined {
  if (typeof exported === 'string') return exported
  if (!isTable(exported)) return undefined
  const condition = Object.keys(exported).find((key) => CONDITIONS.includes(key))
  return condition === undefined ? undefined : target(exported[condition])
}
