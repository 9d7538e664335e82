import { homedir } from 'node:os'
import { join } from 'node:path'
import type { DependencyContainer } from 'tsyringe'
import { namedStateFolder, STATE_FOLDER } from '../../core/settings/run-files.js'
import type { User } from '../../native/process/users.js'
import { StorageFile } from './storage-file.js'

/** Token of where the plugins of an app store what they keep; nowhere if there is none. */
const STORAGE_PLACE = Symbol('qanat/storage-place')

/** Where the plugins of a tunnel store what they keep. */
export interface StoragePlace {
  /** A folder of the tunnel's own. */
  readonly folder: string
  /** Whom the process goes on as, once it gives up root. */
  readonly owner?: User | undefined
}

/** Has the plugins of an app store what they keep in a folder. To be called before any of them is set up. */
export function storeAt(app: DependencyContainer, place: StoragePlace): void {
  app.register(STORAGE_PLACE, { useValue: place })
}

/** The file of a plugin; undefined if it keeps things in memory alone. */
export function storageFileOf(container: DependencyContainer, plugin: string): StorageFile | undefined {
  if (!container.isRegistered(STORAGE_PLACE, true)) return undefined
  const { folder, owner } = container.resolve<StoragePlace>(STORAGE_PLACE)
  return new StorageFile(join(folder, `${plugin}.json`), owner)
}

/**
 * The folder of a tunnel by a name of its own, within what outlives a start of the host: the one that systemd names
 * (StateDirectory), root's, or the user's. file-hierarchy(7)
 */
export function storageFolder(
  environment: Readonly<Record<string, string | undefined>>,
  tunnel: string,
): string {
  const { HOME = homedir(), XDG_STATE_HOME = join(HOME, '.local/state') } = environment
  const own = process.getuid?.() === 0 ? STATE_FOLDER : join(XDG_STATE_HOME, 'qanat')
  return join(namedStateFolder(environment) ?? own, 'storage', tunnel)
}
