import type { CipherTraits } from '../../core/api/cipher.js'
import type { TransportTraits } from '../../core/api/transport.js'
import type { Rehearsable } from '../../core/plugin/plugin.js'
import { MAX_PORT, MIN_PORT } from '../../core/settings/ports.js'
import type { Kind } from './part-kinds.js'
import { shown } from './shown.js'

/** What a trait may be. */
interface Rule {
  readonly allowed: string
  holds(value: unknown): boolean
}

const toggle: Rule = { allowed: 'true or false', holds: (value) => typeof value === 'boolean' }

function oneOf(...words: readonly string[]): Rule {
  const allowed = `${words
    .slice(0, -1)
    .map((word) => `'${word}'`)
    .join(', ')} or '${words.at(-1)}'`
  return { allowed, holds: (value) => words.includes(value as string) }
}

const OF_TRANSPORTS: Readonly<Record<keyof TransportTraits, Rule>> = {
  kind: oneOf('datagram', 'stream'),
  idleProbe: {
    allowed: 'milliseconds above 0',
    holds: (value) => typeof value === 'number' && value > 0,
  },
  proxied: toggle,
  ports: {
    allowed: `a port within ${MIN_PORT} to ${MAX_PORT} for each scheme`,
    holds: (value) => typeof value === 'object' && value !== null && Object.values(value).every(isPort),
  },
  authority: oneOf('host', 'name', 'none'),
  overhead: {
    allowed: 'a function that gives bytes for an endpoint',
    holds: (value) => typeof value === 'function',
  },
  searchesPathMtu: toggle,
  source: oneOf('address', 'none'),
  certified: {
    allowed: 'a list of its schemes',
    holds: (value) => Array.isArray(value) && value.every((scheme) => typeof scheme === 'string'),
  },
  rank: { allowed: 'a number', holds: (value) => Number.isFinite(value) },
}

const OF_CIPHERS: Readonly<Record<keyof CipherTraits, Rule>> = {
  keys: oneOf('shared', 'private', 'none'),
  peers: oneOf('one', 'many'),
}

/** What all parts have that packets pass. */
const OF_REHEARSABLE: Readonly<Record<keyof Rehearsable, Rule>> = { rehearse: toggle }

const RULES: Readonly<Partial<Record<Kind, Readonly<Record<string, Rule>>>>> = {
  transport: { ...OF_TRANSPORTS, ...OF_REHEARSABLE },
  cipher: { ...OF_CIPHERS, ...OF_REHEARSABLE },
  'packet hook': OF_REHEARSABLE,
}

export const TRANSPORT_TRAITS = Object.keys(OF_TRANSPORTS)
export const CIPHER_TRAITS = Object.keys(OF_CIPHERS)

/** Checks the traits of a part. Throws an Error that says what is wrong and what is allowed. */
export function checkTraits(kind: Kind, name: string, part: Readonly<Record<string, unknown>>): void {
  for (const [trait, { allowed, holds }] of Object.entries(RULES[kind] ?? {})) {
    const value = part[trait]
    if (value === undefined || holds(value)) continue
    throw new Error(`its ${kind} '${name}' has '${trait}' ${shown(value)}; it must be ${allowed}`)
  }
}

function isPort(port: unknown): boolean {
  return Number.isInteger(port) && Number(port) >= MIN_PORT && Number(port) <= MAX_PORT
}
