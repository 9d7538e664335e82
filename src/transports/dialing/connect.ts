import type { Socket } from 'node:net'
import type { DialWait } from '../../core/api/transport.js'
import type { Reason } from '../../core/reasons/reason.js'
import { STEP_LIMITS } from '../../core/settings/step-limits.js'
import type { Clock, Timer } from '../../core/time/clock.js'
import type { ConnectTo, Egress } from '../net/egress.js'
import { remoteHost } from '../net/remote-host.js'
import { notLookedUp, type Resolved } from '../net/resolve.js'
import { abortable, unlessAborted } from '../net/within.js'
import { lookUpFacts } from './dial-facts.js'

/** Milliseconds until the next address is tried beside the ones under way. RFC 8305 section 8 */
export const ATTEMPT_DELAY = 250

/** Whom to connect to. */
export interface Remote {
  /** Its host is looked up. */
  readonly url: URL
  readonly port: number
  /** Whose host it is, if not the server's, after a comma and with one behind. */
  readonly whose?: string
  /** That it was not connected to in its time. */
  readonly notAccepted: Reason
}

/**
 * Connects to the host and port of a URL by Happy Eyeballs (RFC 8305): its addresses are tried alternating
 * between families, one after another without waiting for the ones before to fail, and the first that answers is
 * taken. Node's own autoSelectFamily gives up each address when it tries the next, so it fails on slow paths.
 */
export async function connect(
  { notAccepted, port, url, whose }: Remote,
  { resolve, connectTo }: Egress,
  clock: Clock,
  { note, signal, step }: DialWait,
): Promise<Socket> {
  step('name', STEP_LIMITS.name, notLookedUp(url, whose))
  const addresses = await unlessAborted(signal, () => resolve(url))
  note?.(() => lookUpFacts(url, addresses))
  step('connect', STEP_LIMITS.connect, notAccepted)
  const socket = await connectAny(alternating(addresses), port, connectTo, clock, signal)
  note?.(() => ({ remote: remoteHost(socket.remoteAddress, socket.remotePort) }))
  return socket
}

/** Connects to the first of these addresses that answers; at least one is given. */
export function connectAny(
  addresses: readonly Resolved[],
  port: number,
  connectTo: ConnectTo,
  clock: Clock,
  signal: AbortSignal,
): Promise<Socket> {
  return abortable(signal, (resolve, reject) => race(addresses, port, connectTo, clock, resolve, reject))
}

/** Addresses in their order, but by turns of IPv4 and IPv6, beginning with the family of the first one. */
export function alternating(addresses: readonly Resolved[]): Resolved[] {
  const preferred = addresses.filter(({ family }) => family === addresses[0]!.family)
  const others = addresses.filter(({ family }) => family !== addresses[0]!.family)
  const turns: Resolved[] = []
  for (let turn = 0; turn < addresses.length; turn++) {
    turns.push(...preferred.slice(turn, turn + 1), ...others.slice(turn, turn + 1))
  }
  return turns
}

/** Tries the addresses; the function that it returns ends all attempts but the one that won. */
function race(
  addresses: readonly Resolved[],
  port: number,
  connectTo: ConnectTo,
  clock: Clock,
  won: (socket: Socket) => void,
  lost: (error: unknown) => void,
): () => void {
  const attempts = new Set<() => void>()
  let tried = 0
  let timer: Timer | undefined
  let firstError: unknown

  const attempt = () => {
    timer?.cancel()
    const callOff = connectTo(addresses[tried++]!, port, {
      connected(socket) {
        attempts.delete(callOff)
        won(socket)
      },
      failed(error) {
        if (!attempts.delete(callOff)) return
        firstError ??= error
        if (tried < addresses.length) attempt()
        else if (attempts.size === 0) lost(firstError)
      },
    })
    attempts.add(callOff)
    if (tried < addresses.length) timer = clock.schedule(ATTEMPT_DELAY, attempt)
  }
  attempt()
  return () => {
    timer?.cancel()
    const abandoned = [...attempts]
    attempts.clear()
    for (const callOff of abandoned) callOff()
  }
}
