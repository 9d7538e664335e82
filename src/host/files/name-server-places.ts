import { RESOLV_CONF } from '../../core/settings/name-servers.js'
import { namespaceAtHand } from '../../native/process/namespace-scope.js'

/** Where ip-netns(8) looks for files that stand before those of /etc within a namespace. */
export const NAMESPACES_FOLDER = '/etc/netns'

/** The file that names the name servers of a network namespace, or of the one at hand. */
export function nameServersFile(name = namespaceAtHand()?.name): string {
  return name === undefined ? RESOLV_CONF : `${NAMESPACES_FOLDER}/${name}/resolv.conf`
}
