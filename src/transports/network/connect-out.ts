import { once } from 'node:events'
import net, { isIP, type Socket } from 'node:net'
import tls from 'node:tls'
import { isQanatError, TransportError } from '../../core/api/errors.js'
import type { DialStep } from '../../core/api/transport.js'
import type { LocalPlace, Place } from '../../core/plugin/network.js'
import { Failure, type Reason, reason } from '../../core/reasons/reason.js'
import { STEP_LIMITS } from '../../core/settings/step-limits.js'
import type { Clock } from '../../core/time/clock.js'
import { alternating, connectAny } from '../dialing/connect.js'
import { tlsFailure } from '../dialing/tls-failure.js'
import { whyNotDialled } from '../net/dial-error.js'
import type { Egress } from '../net/egress.js'
import { notLookedUp } from '../net/resolve.js'
import { abortable, unlessAborted, within } from '../net/within.js'
import { hostUrl } from './host-url.js'
import type { NodeTypes } from './node-types.js'
import type { OpenThings } from './open-things.js'

/** What connecting is done with. */
export interface ConnectOutParts {
  readonly clock: Clock
  readonly egress: Egress
  readonly open: OpenThings
  /** Calls it off. */
  readonly signal: AbortSignal | undefined
  /** Is told what is waited for; absent if nobody asks. */
  readonly step?: DialStep | undefined
}

/** As `Network.connect` of a host. */
export async function connectOut(remote: Place, parts: ConnectOutParts): Promise<Socket> {
  const { clock, egress, open } = parts
  const { port } = remote
  const url = hostUrl(remote.host, port)
  const shown = nameOf(remote)
  const addresses = await attempt(shown, parts, ['name', notLookedUp(url)], (signal) =>
    unlessAborted(signal, () => egress.resolve(url)),
  )
  const socket = await attempt(shown, parts, ['connect', notAccepted(shown)], (signal) =>
    connectAny(alternating(addresses), port, egress.connectTo, clock, signal),
  )
  open.add(socket, () => socket.destroy())
  return socket
}

/** As `Network.connect` of a Unix socket. */
export async function connectLocally({ path }: LocalPlace, parts: ConnectOutParts): Promise<Socket> {
  const socket = net.connect({ path })
  socket.on('error', () => {}) // as one that is connected: if nobody else listens, it must not end the process
  try {
    await attempt(path, parts, ['connect', notAccepted(path)], (signal) =>
      once(socket, 'connect', { signal }),
    )
  } catch (thrown) {
    socket.destroy()
    throw thrown
  }
  parts.open.add(socket, () => socket.destroy())
  return socket
}

/** As `Network.tls`. */
export async function secureOut(
  remote: Place,
  options: NodeTypes['TlsOptions'],
  parts: ConnectOutParts,
): Promise<tls.TLSSocket> {
  const socket = await connectOut(remote, parts)
  const shown = nameOf(remote)
  const late = reason('tls-silent', { who: `${shown} accepted the connection and` })
  return attempt(shown, parts, ['tls', late], (signal) => secure(socket, remote.host, options, signal))
}

async function secure(
  socket: Socket,
  host: string,
  options: NodeTypes['TlsOptions'],
  signal: AbortSignal,
): Promise<tls.TLSSocket> {
  let secured: tls.TLSSocket | undefined
  try {
    const begun = tls.connect({ ...(isIP(host) === 0 && { servername: host }), ...options, host, socket })
    secured = begun
    begun.on('error', () => {}) // as with a socket: if nobody else listens, it must not end the process
    await abortable<void>(signal, (resolve, reject) => {
      const close = () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' }))
      begun.once('error', reject).once('close', close).once('secureConnect', resolve)
      return () => begun.removeListener('error', reject).removeListener('close', close)
    })
    return begun
  } catch (thrown) {
    secured?.destroy()
    socket.destroy()
    throw signal.aborted ? thrown : tlsFailure(thrown)
  }
}

/** Does one step within its time, and tells what went wrong as a TransportError. */
async function attempt<Value>(
  remote: string,
  { clock, open, signal, step }: ConnectOutParts,
  [name, what]: readonly [name: keyof typeof STEP_LIMITS, what: Reason],
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const limit = STEP_LIMITS[name]
  const late = () => new Failure({ code: what.code, text: `${what.text} in ${limit / 1_000} s` })
  step?.(name, limit, what)
  try {
    return await open.during(signal, (inner) => within({ clock, limit, signal: inner, late }, work))
  } catch (thrown) {
    if (isQanatError(thrown)) throw thrown
    const { code, text } = whyNotDialled(thrown)
    throw new TransportError(`Cannot connect to ${remote}: ${text}`, {
      code: 'ERR_TRANSPORT_DIAL',
      reason: code,
      cause: thrown,
    })
  }
}

/** That a place was not connected to in its time, as a plugin calls it. */
function notAccepted(place: string): Reason {
  return { code: 'connect-silent', text: `${place} did not accept a connection` }
}

function nameOf({ host, port }: Place): string {
  return `${host}:${port}`
}
