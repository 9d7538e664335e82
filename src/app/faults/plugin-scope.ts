import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'
import type { EventEmitter } from 'node:events'
import { asError } from '../../core/api/errors.js'

/** Whose code it is that runs, whichever timer, socket or promise called it. */
export interface PluginScope {
  /** Takes what was thrown there and caught by nobody. Returns the error that it ends the tunnel by, if it does. */
  threw(thrown: unknown): Error | undefined
  /** The same of something thrown by a listener of a socket, which is destroyed. As above if absent. */
  socketThrew?(thrown: unknown): Error | undefined
}

/** Node tells there of sockets that were opened and accepted. node:diagnostics_channel */
const CHANNELS = ['net.client.socket', 'net.server.socket', 'udp.socket']

const scopes = new AsyncLocalStorage<PluginScope | undefined>()
let isWatching = false

/** Does work on behalf of a plugin: what it begins belongs to that, too. */
export function inScope<Result>(scope: PluginScope, work: () => Result): Result {
  if (!isWatching) watchSockets()
  return scopes.run(scope, work)
}

/** Does Qanat's own work, that a plugin asked for. */
export function outOfScope<Result>(work: () => Result): Result {
  return scopes.run(undefined, work)
}

/** What became of something that was thrown and that nobody caught: the error to end by; undefined if all goes on. */
export function outcomeOf(thrown: unknown): Error | undefined {
  const scope = scopes.getStore()
  return scope === undefined ? asError(thrown) : outOfScope(() => scope.threw(thrown))
}

/**
 * Catches what listeners of a plugin's sockets throw. Node would end the process, by what a stranger sent; and it would
 * know nothing of the plugin, since what comes by a connection that was accepted has no context of its own.
 */
function watchSockets(): void {
  isWatching = true
  for (const channel of CHANNELS) {
    subscribe(channel, (message) => {
      const scope = scopes.getStore()
      if (scope !== undefined) guard((message as { readonly socket: PluginSocket }).socket, scope)
    })
  }
}

/** A connection, or a socket for datagrams, which others may share and which stays. */
type PluginSocket = EventEmitter & { destroy?(): void }

function guard(socket: PluginSocket, scope: PluginScope): void {
  const { emit } = socket
  const taken = (thrown: unknown): Error | undefined => {
    socket.destroy?.()
    return scope.socketThrew === undefined ? scope.threw(thrown) : scope.socketThrew(thrown)
  }
  const within: PluginScope = { threw: taken }
  socket.emit = function guarded(this: PluginSocket, ...event: Parameters<EventEmitter['emit']>) {
    try {
      return scopes.run(within, () => emit.apply(this, event))
    } catch (thrown) {
      const failure = outOfScope(() => taken(thrown))
      if (failure !== undefined) throw failure
      return true
    }
  }
}
