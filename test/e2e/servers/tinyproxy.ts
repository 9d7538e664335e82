import type { LabHost } from '../../../lab/lab.js'
import { freePort, type Server, ServerFolder, startServer } from '../../../lab/servers/server.js'

/** Where a tinyproxy listens, on loopback unless a host of a lab is given, and what it connects to. */
export interface TinyproxyOptions {
  readonly host?: LabHost
  readonly port?: number
  /** The only port that it connects to for CONNECT; all if absent. */
  readonly connectPort?: number
}

/** Starts tinyproxy, which asks for this user and password. */
export async function startTinyproxy(
  user: string,
  password: string,
  place?: TinyproxyOptions,
): Promise<Server> {
  const folder = new ServerFolder()
  const port = place?.port ?? (await freePort())
  const config = [
    `Listen ${place?.host?.ipv4 ?? '127.0.0.1'}`,
    `Port ${port}`,
    'Timeout 60',
    `BasicAuth ${user} ${password}`,
    'LogLevel Critical',
    ...(place?.connectPort === undefined ? [] : [`ConnectPort ${place.connectPort}`]),
  ]
  const file = folder.write('tinyproxy.conf', `${config.join('\n')}\n`)
  return startServer('tinyproxy', ['-d', '-c', file], port, place?.host)
}
