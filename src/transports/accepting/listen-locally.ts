import fs from 'node:fs'
import net from 'node:net'
import { listenError } from '../net/listen-error.js'
import { listening } from './listen.js'

/** Listens on a Unix socket at an endpoint's path, as `listenAtPath` does. */
export function listenLocally(server: net.Server, endpoint: URL): Promise<URL> {
  return listenAtPath(server, endpoint, { path: endpoint.pathname })
}

/**
 * Listens on a Unix socket, and returns the endpoint. One at which nobody listens, since who made it was killed, is replaced.
 *
 * @param where Its path, and who may connect as chmod takes it; as the umask has it if absent.
 * @throws TransportError ERR_TRANSPORT_LISTEN
 */
export async function listenAtPath(
  server: net.Server,
  endpoint: URL,
  { path, mode }: { readonly path: string; readonly mode?: number },
): Promise<URL> {
  try {
    await listening(server, { path }).catch(async (thrown: NodeJS.ErrnoException) => {
      if (thrown.code !== 'EADDRINUSE' || !(await isForsaken(path))) throw thrown
      fs.unlinkSync(path)
      await listening(server, { path })
    })
    if (mode !== undefined) fs.chmodSync(path, mode)
  } catch (thrown) {
    throw listenError(endpoint, thrown, true)
  }
  return endpoint
}

/** Whether a Unix socket is at a path, and nobody listens there. */
async function isForsaken(path: string): Promise<boolean> {
  if (!fs.lstatSync(path).isSocket()) return false
  return new Promise((resolve) => {
    const socket = net.connect({ path })
    const settle = (forsaken: boolean) => {
      socket.destroy()
      resolve(forsaken)
    }
    socket.once('connect', () => settle(false))
    socket.once('error', ({ code }: NodeJS.ErrnoException) => settle(code === 'ECONNREFUSED'))
  })
}
