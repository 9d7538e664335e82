import { ConfigError } from '../../core/api/errors.js'
import { redact } from '../../core/api/redact.js'
import type { Networks } from '../net/networks.js'
import { trustedNetworks } from './trusted-networks.js'

/** What the query of an endpoint to listen at says of its listener alone. */
export interface ListenQuery {
  /** Front ends that begin each connection by the PROXY protocol; others are turned away. Absent if nobody does. */
  readonly proxyProtocol?: Networks
  /** The Unix socket to listen on, in place of host and port. */
  readonly unix?: { readonly path: string; readonly mode: number }
}

/** Who may connect to a Unix socket: this process's user and group. */
const DEFAULT_MODE = '0660'

/**
 * Reads the query of an endpoint to listen at: `?proxy-protocol=10.0.0.5,10.1.0.0/16`, `?unix=/run/qanat/ws.sock&unix-mode=0666`.
 *
 * @throws ConfigError if there is something else, or a value cannot be used.
 */
export function readListenQuery(endpoint: URL): ListenQuery {
  const refuse = (why: string) =>
    new ConfigError(`Cannot listen on ${redact(endpoint)}: ${why}`, { code: 'ERR_CONFIG_VALUE' })
  const { searchParams } = endpoint
  for (const name of searchParams.keys()) {
    if (!['proxy-protocol', 'unix', 'unix-mode'].includes(name)) {
      // Its name is not told: somebody may have copied a client's URL, whose query is a secret.
      throw refuse("its query may have 'proxy-protocol', 'unix' and 'unix-mode', and nothing else")
    }
    if (searchParams.getAll(name).length > 1) throw refuse(`its query has '${name}' twice`)
  }
  const networks = searchParams.get('proxy-protocol')
  const path = searchParams.get('unix')
  const mode = searchParams.get('unix-mode') ?? DEFAULT_MODE
  if (path !== null && !path.startsWith('/'))
    throw refuse("'unix' is the whole path of a socket, such as /run/qanat/ws.sock")
  if (!/^0?[0-7]{3}$/.test(mode)) throw refuse("'unix-mode' is three octal digits such as 0660")
  if (path === null && searchParams.has('unix-mode')) throw refuse("'unix-mode' is for 'unix' alone")
  return {
    ...(networks !== null && { proxyProtocol: trustedNetworks(networks.split(',')) }),
    ...(path !== null && { unix: { path, mode: Number.parseInt(mode, 8) } }),
  }
}
