import { randomInt } from 'node:crypto'
import type { ConnectTo } from '../net/egress.js'
import { askOverTcp } from './ask-over-tcp.js'
import { type Answer, type DnsDrops, decodeAnswer, encodeQuestion, type Question } from './dns-message.js'
import { type ExchangeParts, exchange, PATIENCE } from './exchange.js'

/** What asking is done with. */
export interface AskingParts extends ExchangeParts {
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

async function askByDatagram(parts: AskingParts, server: string, question: Question): Promise<Answer> {
  const bytes = encodeQuestion(question)
  if (bytes === undefined) throw new Error(`${question.name} cannot be asked for`)
  return exchange(parts, server, bytes, (datagram) => decodeAnswer(datagram, question, parts.drops))
}
