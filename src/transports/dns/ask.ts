import { randomInt } from 'node:crypto'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import type { Clock, Timer } from '../../core/time/clock.js'
import type { Native } from '../../native/base/native.js'
import { DatagramSocket } from '../../native/sockets/datagram-socket.js'
import { type Answer, decodeAnswer, encodeQuestion } from './dns-message.js'

const DNS_PORT = 53
/** Milliseconds that a name server has for an answer: three of them, asked twice, take less than a step of dialling. */
const PATIENCE = 1_500

/** What asking is done with. */
export interface AskingParts {
  readonly native: Native
  readonly clock: Clock
  /** The mark of what is sent. */
  readonly mark: number
}

/**
 * Asks one name server for the addresses of a name, once, by a socket of its own: its port and the question's
 * number are what a forger would have to guess.
 *
 * @param server Its address.
 * @throws Error where no answer comes.
 */
export function ask(
  { native, clock, mark }: AskingParts,
  server: string,
  name: string,
  family: 4 | 6,
): Promise<Answer> {
  const question = { id: randomInt(0x1_0000), name, family }
  const bytes = encodeQuestion(question)
  const ip = parseIpAddress(server)
  return new Promise((resolve, reject) => {
    if (bytes === undefined || ip === undefined) throw new Error(`${name} cannot be asked for`)
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
        const answer = decodeAnswer(datagram, question)
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
