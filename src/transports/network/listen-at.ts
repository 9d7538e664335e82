import net from 'node:net'
import { asError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { ThrottledWarnings } from '../../core/api/throttled-warnings.js'
import type { Place } from '../../core/plugin/network.js'
import { attempt } from '../../core/time/attempt.js'
import type { Clock } from '../../core/time/clock.js'
import { listen } from '../accepting/listen.js'
import type { Egress } from '../net/egress.js'
import { SOCKET_OPTIONS } from '../net/socket-options.js'
import { hostUrl } from './host-url.js'
import type { OpenThings } from './open-things.js'

/** What listening is done with. */
export interface ListenAtParts {
  readonly clock: Clock
  readonly log: Logger
  readonly egress: Egress
  readonly open: OpenThings
}

/** As `Network.listen`. */
export async function listenAt(
  { host, port }: Place,
  accept: (socket: net.Socket) => unknown,
  { clock, egress, log, open }: ListenAtParts,
): Promise<net.Server> {
  const warnings = new ThrottledWarnings(log)
  const tell = (message: string, thrown: unknown) =>
    warnings.give(message, { why: asError(thrown).message }, clock.now())
  const server = net.createServer(SOCKET_OPTIONS, (socket) => {
    socket.on('error', () => {}) // closing follows
    open.add(socket, () => socket.destroy())
    attempt(
      () => accept(socket),
      (thrown) => {
        tell('a plugin failed with a connection that was accepted', thrown)
        socket.destroy()
      },
    )
  })
  await listen(server, hostUrl(host, port), egress)
  // Stays: what the kernel cannot accept costs that connection, and not the process.
  server.on('error', (error) => tell('a listener of a plugin cannot accept connections', error))
  open.add(server, () => server.close())
  return server
}
