import * as v from 'valibot'
import { ConfigError } from '../../core/api/errors.js'
import type { TraitsOf } from '../../core/api/transport.js'
import { parseIpPrefix } from '../../core/ip/ip-prefix.js'
import type { PartTraits } from '../../core/plugin/part-traits.js'
import { DEFAULT_PORT, MAX_PORT, MIN_PORT } from '../../core/settings/ports.js'
import { protocolOf } from '../../core/settings/scheme.js'
import { hostName, peerName } from '../schema/values.js'

/** A server is usually reached by so many schemes: the second one is for networks that block the first. */
const USUAL_TRANSPORTS = 2
/** WireGuard's own port. */
const PORT = '51820'

/** What `qanat init` has to know, by the option that gives it. */
export interface Answers {
  /** How clients reach the server. */
  readonly host: string
  /** Such as `udp, tcp`: in order of preference. */
  readonly transports: string
  readonly port: string
  /** Such as `10.0.0.0/24, fd00::/64`: the networks inside the tunnel. */
  readonly network: string
  readonly client: string
}

/** A question and what is true of its answer. */
export interface Question {
  readonly name: keyof Answers
  readonly text: string
  /** Undefined if it has to be answered. */
  readonly usual: string | undefined
  /** Why an answer is invalid, and what is allowed; undefined if nothing is. */
  wrong(answer: string): string | undefined
}

/**
 * The five questions. `random` yields that many bytes, for networks that no other tunnel uses.
 *
 * @param offered schemes that a server can be set up with.
 */
export function questions(
  random: (length: number) => Uint8Array,
  { offered, transport }: PartTraits,
): readonly Question[] {
  const ported = offered.filter((scheme) => ownPort(scheme, transport) === undefined)
  return [
    {
      name: 'host',
      text: 'Name or address at which clients reach the server',
      usual: undefined,
      wrong: (answer) => (v.is(hostName(), answer) ? undefined : 'it is a host name or an IP address'),
    },
    {
      name: 'transports',
      text: `Ways to carry the tunnel, the preferred first (${offered.join(', ')})`,
      usual: offered.slice(0, USUAL_TRANSPORTS).join(', '),
      wrong: (answer) => wrongTransports(listed(answer), offered),
    },
    {
      name: 'port',
      text: `Port for ${ported.join(' and ')}`,
      usual: PORT,
      wrong: (answer) =>
        /^\d{1,5}$/.test(answer) && Number(answer) >= MIN_PORT && Number(answer) <= MAX_PORT
          ? undefined
          : `it is a number within ${MIN_PORT} to ${MAX_PORT}`,
    },
    {
      name: 'network',
      text: 'Networks inside the tunnel',
      usual: privateNetworks(random),
      wrong: (answer) =>
        listed(answer).every(isNetwork) && answer.trim() !== ''
          ? undefined
          : 'it is like 10.20.30.0/24, fd00:1::/64',
    },
    {
      name: 'client',
      text: 'Name of the first client',
      usual: 'client',
      wrong: (answer) =>
        v.is(peerName(), answer) && answer !== 'server' ? undefined : 'it is a name, and not "server"',
    },
  ]
}

/** @throws ConfigError if the answer is invalid. */
export function checkAnswer({ name, wrong }: Question, answer: string): void {
  const why = wrong(answer)
  if (why === undefined) return
  throw new ConfigError(`Cannot use --${name}: '${answer}' is wrong, ${why}`, { code: 'ERR_CONFIG_VALUE' })
}

/** The items of an answer between commas. */
export function listed(answer: string): string[] {
  return answer.split(',').map((item) => item.trim())
}

/** The port of a scheme that has one of its own; undefined if it has Qanat's, which a server may have another of. */
export function ownPort(scheme: string, traits: TraitsOf): number | undefined {
  const port = traits(protocolOf(scheme)).ports?.[scheme]
  return port === DEFAULT_PORT ? undefined : port
}

function wrongTransports(names: readonly string[], offered: readonly string[]): string | undefined {
  const known = names.every((name) => offered.includes(name)) && new Set(names).size === names.length
  return known ? undefined : `it is a list of ${offered.join(', ')}`
}

/** Room for the server and a client at least. */
function isNetwork(text: string): boolean {
  const prefix = parseIpPrefix(text)
  return (
    prefix !== undefined &&
    text.includes('/') &&
    prefix.bits > 0 &&
    prefix.bits <= prefix.address.length * 8 - 2
  )
}

/** One of 10.0.0.0/8 (RFC 1918) and one of fd00::/8 (RFC 4193), at random. */
function privateNetworks(random: (length: number) => Uint8Array): string {
  const [a, b] = random(2)
  const id = Buffer.from(random(5)).toString('hex')
  return `10.${a}.${b}.0/24, fd${id.slice(0, 2)}:${id.slice(2, 6)}:${id.slice(6)}::/64`
}
