import { asError } from '../../core/api/errors.js'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import type { Clock } from '../../core/time/clock.js'
import type { Native } from '../../native/base/native.js'
import { DatagramSocket } from '../../native/sockets/datagram-socket.js'
import { DNS_PORT } from './ask-over-tcp.js'

/**
 * Milliseconds that a name server has for an answer: if it is silent, the next one is heard before a `PatientResolver` gives up. What
 * one after that says is kept for the next attempt.
 */
export const PATIENCE = 1_500

/** What a question is sent by. */
export interface ExchangeParts {
  readonly native: Native
  readonly clock: Clock
  /** The mark of what is sent. */
  readonly mark: number
}

/**
 * Sends a question to one name server, once, by a socket of its own, and resolves with what `read` makes of the first datagram
 * that it takes for the answer; the datagram is lent.
 *
 * @param server Its address.
 * @throws Error if no answer comes in time, or `signal` is aborted.
 */
export function exchange<Answer>(
  { native, clock, mark }: ExchangeParts,
  server: string,
  question: Uint8Array,
  read: (datagram: Uint8Array) => Answer | undefined,
  signal?: AbortSignal,
): Promise<Answer> {
  const ip = parseIpAddress(server)
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    if (ip === undefined) throw new Error(`${server} is no address`)
    const settle = (outcome: () => void) => {
      timer.cancel()
      signal?.removeEventListener('abort', calledOff)
      void socket?.close()
      outcome()
    }
    const failed = (error: Error) => settle(() => reject(error))
    const calledOff = () => failed(asError(signal?.reason))
    let socket: DatagramSocket | undefined
    const timer = clock.schedule(PATIENCE, () => failed(new Error(`${server} does not answer`)))
    signal?.addEventListener('abort', calledOff)
    try {
      const remote = { family: ip.length === 4 ? 4 : 6, ip, port: DNS_PORT } as const
      socket = new DatagramSocket(native, remote, mark, {
        failed,
        receive(datagram) {
          const answer = read(datagram)
          if (answer !== undefined) settle(() => resolve(answer))
        },
      })
      socket.send(question)
    } catch (thrown) {
      failed(thrown as Error)
    }
  })
}
