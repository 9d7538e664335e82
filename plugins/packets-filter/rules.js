// @ts-check
import { parseIpPrefix } from 'qanat/plugin'

/** Protocols that have a name here, by number. ICMP is that of the packet's own family. */
const PROTOCOLS = new Map([
  ['tcp', [6]],
  ['udp', [17]],
  ['icmp', [1, 58]],
])
/** Those whose packets have ports. */
const WITH_PORTS = [6, 17]
const MAX_PORT = 65_535
const MAX_PROTOCOL = 255

/**
 * A rule as it is compared with packets; what is absent matches all.
 *
 * @typedef {object} Rule
 * @property {boolean} allows Whether it lets packets pass.
 * @property {'in' | 'out' | undefined} direction As this end sees it.
 * @property {readonly number[] | undefined} protocols
 * @property {readonly Range[] | undefined} from
 * @property {readonly Range[] | undefined} to
 * @property {readonly (readonly [first: number, last: number])[] | undefined} ports Of the destination.
 * @property {string | undefined} peer Its name, or its id.
 *
 * @typedef {{ readonly address: Uint8Array, readonly bits: number }} Range
 */

/**
 * Reads `allow|drop [in|out] [tcp|udp|icmp|NUMBER] [from RANGE,…] [to RANGE,…] [port PORT,…] [peer NAME]`. A port may
 * be a range such as 8000-8080; the name of a peer comes last, and may hold blanks.
 *
 * @param {string} text
 * @returns {Rule}
 * @throws Error that says what is wrong and what is allowed.
 */
export function parseRule(text) {
  const words = text.trim().split(/\s+/)
  const action = words.shift()
  if (action !== 'allow' && action !== 'drop') throw wrong(text, `'${action}' is neither allow nor drop`)
  const direction = words[0] === 'in' || words[0] === 'out' ? words.shift() : undefined
  const protocols = isKey(words[0]) ? undefined : protocolsOf(text, words.shift())
  const from = words[0] === 'from' ? rangesOf(text, take(text, words)) : undefined
  const to = words[0] === 'to' ? rangesOf(text, take(text, words)) : undefined
  const ports = words[0] === 'port' ? portsOf(text, take(text, words)) : undefined
  const peer = words[0] === 'peer' ? words.splice(0).slice(1).join(' ') : undefined
  if (peer === '') throw wrong(text, "behind 'peer' there is no name")
  if (words.length > 0)
    throw wrong(text, `'${words[0]}' is not expected there; the order is protocol, from, to, port, peer`)
  if (ports !== undefined && !protocols?.every((number) => WITH_PORTS.includes(number)))
    throw wrong(text, "'port' needs tcp or udp")
  return {
    allows: action === 'allow',
    direction: /** @type {'in' | 'out' | undefined} */ (direction),
    ...{ protocols, from, to, ports, peer },
  }
}

/** @type {(word: string | undefined) => boolean} */
const isKey = (word) => word === undefined || ['from', 'to', 'port', 'peer'].includes(word)

/** @type {(text: string, words: string[]) => string} */
function take(text, words) {
  const [key, value] = words.splice(0, 2)
  if (value === undefined) throw wrong(text, `behind '${key}' there is no value`)
  return value
}

/** @type {(text: string, word: string | undefined) => readonly number[]} */
function protocolsOf(text, word = '') {
  const known = PROTOCOLS.get(word)
  if (known !== undefined) return known
  if (/^\d{1,3}$/.test(word) && Number(word) <= MAX_PROTOCOL) return [Number(word)]
  throw wrong(text, `'${word}' is none of tcp, udp, icmp and the numbers up to ${MAX_PROTOCOL}`)
}

/** @type {(text: string, list: string) => readonly Range[]} */
function rangesOf(text, list) {
  return list.split(',').map((item) => {
    const range = parseIpPrefix(item)
    if (range === undefined) throw wrong(text, `'${item}' is no range such as 10.0.0.0/24 or fd00::1`)
    return range
  })
}

/** @type {(text: string, list: string) => readonly (readonly [number, number])[]} */
function portsOf(text, list) {
  return list.split(',').map((item) => {
    const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(item) ?? []
    const ports = /** @type {const} */ ([Number(first), Number(last)])
    if (!(ports[0] <= ports[1] && ports[1] <= MAX_PORT))
      throw wrong(text, `'${item}' is no port up to ${MAX_PORT}, and no range such as 8000-8080`)
    return ports
  })
}

/** @type {(text: string, why: string) => Error} */
function wrong(text, why) {
  return new Error(`Cannot read the rule '${text}': ${why}`)
}

/**
 * Whether a rule is about a packet.
 *
 * @param {Rule} rule
 * @param {import('./packet-facts.js').Facts} facts
 * @param {{ readonly id: string, readonly name?: string | undefined }} peer
 */
export function matches(rule, facts, peer) {
  if (rule.direction !== undefined && rule.direction !== facts.direction) return false
  if (rule.protocols !== undefined && !rule.protocols.includes(facts.headers.protocol)) return false
  if (rule.peer !== undefined && rule.peer !== peer.name && rule.peer !== peer.id) return false
  const { bytes, headers } = facts
  if (rule.ports !== undefined && !isPort(rule.ports, facts.destinationPort)) return false
  if (rule.from !== undefined && !isWithin(rule.from, bytes, headers.source, headers.addressBytes))
    return false
  return rule.to === undefined || isWithin(rule.to, bytes, headers.destination, headers.addressBytes)
}

/** @type {(ports: NonNullable<Rule['ports']>, port: number) => boolean} */
function isPort(ports, port) {
  for (const [first, last] of ports) if (port >= first && port <= last) return true
  return false
}

/** @type {(ranges: readonly Range[], bytes: Uint8Array, at: number, length: number) => boolean} */
function isWithin(ranges, bytes, at, length) {
  for (const range of ranges) if (range.address.length === length && begins(range, bytes, at)) return true
  return false
}

/** @type {(range: Range, bytes: Uint8Array, at: number) => boolean} */
function begins({ address, bits }, bytes, at) {
  const whole = bits >> 3
  for (let index = 0; index < whole; index++) if (address[index] !== bytes[at + index]) return false
  const rest = bits & 7
  if (rest === 0) return true
  const difference = /** @type {number} */ (address[whole]) ^ /** @type {number} */ (bytes[at + whole])
  return difference >> (8 - rest) === 0
}
