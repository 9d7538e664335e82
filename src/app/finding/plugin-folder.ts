import { homedir } from 'node:os'
import { join } from 'node:path'
import { STATE_FOLDER } from '../../core/settings/run-files.js'

/** Where root installs plugins, as docs/plugins.md says. */
const OF_ROOT = `${STATE_FOLDER}/plugins`
/** The same of others, in their home. */
const OF_OTHERS = '.local/share/qanat/plugins'

/** The folder in which a user installs plugins for every tunnel. */
export function pluginFolder(uid: number, { HOME }: Readonly<Record<string, string | undefined>>): string {
  return uid === 0 ? OF_ROOT : join(HOME ?? homedir(), OF_OTHERS)
}
