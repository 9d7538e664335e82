import { realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What tsyringe says of a class that was decorated by another copy of it, or not at all. */
const UNKNOWN_CLASS = /TypeInfo not known for "([^"]*)"/

/**
 * What a plugin's fault comes from, if it is a class that the container cannot make; undefined if it is another fault.
 *
 * @param url of the plugin's module, if it is in one
 */
export function unknownClass(message: string, url: string | undefined): string | undefined {
  const [, name] = UNKNOWN_CLASS.exec(message) ?? []
  if (name === undefined) return undefined
  const other = url === undefined ? undefined : otherTsyringe(url)
  return other === undefined
    ? `its class '${name}' is not known to the container; decorate it with @injectable()`
    : `its class '${name}' is not known to the container, since it ${usesOther(other)}`
}

/** What a plugin does that has a tsyringe of its own. */
export function usesOther(folder: string): string {
  return `uses a second copy of tsyringe in ${folder}; import it from 'qanat/di'`
}

/** The folder of the tsyringe that a module would import, if that is not ours. */
export function otherTsyringe(url: string): string | undefined {
  const theirs = folderOfTsyringe(url)
  return theirs === folderOfTsyringe(import.meta.url) ? undefined : theirs
}

function folderOfTsyringe(url: string): string | undefined {
  try {
    return dirname(realpathSync(createRequire(fileURLToPath(url)).resolve('tsyringe/package.json')))
  } catch {
    return undefined // it has none
  }
}
