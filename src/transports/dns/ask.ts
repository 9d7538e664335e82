import { randomInt } from 'node:crypto'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import type { Clock, Timer } from '../../core/time/clock.js'
import type { Native } from '../../native/base/native.js'
import { DatagramSocket } from '../../native/sockets/datagram-socket.js'
import type { ConnectTo } from '../net/egress.js'
import { askOverTcp, DNS_PORT } from './ask-over-tcp.js'
import { type Answer, type DnsDrops, decodeAnswer, encodeQuestion, type Question } from './dns-message.js'

/** Milliseconds that a name server has for an answer: three of them, asked twice, take less than a step of dialling. */
const PATIENCE = 1_500

/** What asking is done with. */
export interface AskingParts {
  readonly native: Native
  readonly clock: Clock
  /** The mark of what is sent. */
  readonly mark: number
  /** Makes connections whose packets bear the mark. */
  readonly connectTo: ConnectTo
  /** Counts answers that are dropped. */
  readonly drops: DnsDrops
}

/**
 * Asks one name server for the addresses of a name, once, by a socket of its own: its port and the question's
 * number are what a forger would have to guess. An answer that says it is truncated is asked for again over TCP, as
 * RFC 2181 section 9 has it; if that fails, what the datagram told has to do.
 *
 * @param server Its address.
 * @throws Error if no answer comes.
 */
export async function ask(parts: AskingParts, server: string, name: string, family: 4 | 6): Promise<Answer> {
  const question = { id: randomInt(0x1_0000), name, family }
  const answer = await askByDatagram(parts, server, question)
  if (!answer.truncated) return answer
  return askOverTcp(parts, server, question, PATIENCE).catch(() => answer)
}

function askByDatagram(
  { native, clock, mark, drops }: AskingParts,
  server: string,
  question: Question,
): Promise<Answer> {
  const bytes = encodeQuestion(question)
  const ip = parseIpAddress(server)
  return new Promise((resolve, reject) => {
    if (bytes === undefined || ip === undefined) throw new Error(`${question.name} cannot be asked for`)
    let timer: Timer | undefined
    const settle = (outcome: () => void) => {
      timer?.cancel()
      void socket.close()
      outcome()
    }
    const failed = (error: Error) => settle(() => reject(error))
    const remote = { family: ip.length === 4 ? 4 : 6, ip, port: DNS_PORT } as const
    const socket = new DatagramSocket(native, remote, mark, {
      failed,
      receive(datagram) {
        const answer = decodeAnswer(datagram, question, drops)
        if (answer !== undefined) settle(() => resolve(answer))
      },
    })
    timer = clock.schedule(PATIENCE, () => failed(new Error(`${server} does not answer`)))
    try {
      socket.send(bytes)
    } catch (thrown) {
      failed(thrown as Error)
    }
  })
}
