import { isIPv6, type Socket } from 'node:net'
import type { Clock } from '../../core/time/clock.js'
import type { ConnectTo } from '../net/egress.js'
import { abortable, within } from '../net/within.js'
import { type Answer, type DnsDrops, decodeAnswer, encodeQuestion, type Question } from './dns-message.js'

export const DNS_PORT = 53
/** Bytes of the length before each message. RFC 7766 section 8 */
const LENGTH_BYTES = 2
/**
 * Bytes of an answer, of the 65,535 that its length allows: over 200 addresses. It bounds what is kept, and how long it
 * takes to read names that are pointers to pointers, which grows with its square.
 */
export const MAX_ANSWER = 4_096
const NEVER = new AbortController().signal

/** What asking over TCP is done with. */
export interface StreamParts {
  readonly clock: Clock
  readonly connectTo: ConnectTo
  readonly drops: DnsDrops
}

/**
 * Asks one name server over a TCP connection of its own, which carries this question and its answer only.
 *
 * @param server Its address.
 * @param limit Milliseconds for the connection and the answer.
 * @throws Error if no answer to the question comes.
 */
export function askOverTcp(
  { clock, connectTo, drops }: StreamParts,
  server: string,
  question: Question,
  limit: number,
): Promise<Answer> {
  const late = () => new Error(`${server} does not answer`)
  return within({ clock, limit, signal: NEVER, late }, (signal) =>
    abortable(signal, (resolve, reject) => {
      let socket: Socket | undefined
      const callOff = connectTo({ address: server, family: isIPv6(server) ? 6 : 4 }, DNS_PORT, {
        connected(opened) {
          socket = opened
          exchange(socket, question, drops, resolve, reject)
        },
        failed: reject,
      })
      return () => {
        callOff()
        socket?.destroy()
      }
    }),
  )
}

function exchange(
  socket: Socket,
  question: Question,
  drops: DnsDrops,
  resolve: (answer: Answer) => void,
  reject: (error: Error) => void,
): void {
  let received = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    if (received.length < LENGTH_BYTES) return
    const end = LENGTH_BYTES + received.readUInt16BE()
    if (end - LENGTH_BYTES > MAX_ANSWER) {
      drops.malformed++
      reject(new Error(`its answer is longer than ${MAX_ANSWER} bytes`))
    } else if (received.length >= end) {
      const answer = decodeAnswer(received.subarray(LENGTH_BYTES, end), question, drops)
      if (answer !== undefined) resolve(answer)
      else reject(new Error('what it sent is no answer to the question'))
    }
  })
  socket.on('error', reject)
  socket.on('close', () => reject(new Error('it hung up')))
  const bytes = encodeQuestion(question)!
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt16BE(bytes.length)
  socket.write(Buffer.concat([length, bytes]))
}
