import { readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { manifestOf } from './plugin-location.js'

/** Where a plugin's module is, and whose it is. */
export interface PluginPlace {
  readonly path: string
  /** That of its package; null if there is none. */
  readonly version: string | null
  /** The number of the user who owns it. */
  readonly owner: number
}

/** The place of a module that was loaded. */
export function placeOf(url: string): PluginPlace {
  const path = fileURLToPath(url)
  const manifest = manifestOf(path)
  return { path, version: manifest === undefined ? null : versionIn(manifest), owner: statSync(path).uid }
}

function versionIn(manifest: string): string | null {
  try {
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version?: unknown }
    return typeof version === 'string' ? version : null
  } catch {
    return null // whatever it is, the module was loaded
  }
}
