import type { AeadAlgorithm, AeadFunctions, AeadLengths } from '../core/api/aead.js'
import { ConfigError } from '../core/api/errors.js'
import { PART_NAME } from '../core/plugin/plugin.js'
import type { MessageLimits } from './noise/handshake/protocol.js'
import type { NoiseCipherOptions, NoiseHash } from './noise-cipher-options.js'

/** Counters from here on are no exact integers. */
const MAX_COUNTER = 2 ** 53
/** What parts of a Noise protocol's name may hold: Noise, section 8. */
const NOISE_NAME = /^[A-Za-z0-9/]+$/

/** Which lengths an algorithm may have, in bytes. */
const LENGTHS = {
  // Fewer can be guessed; the digests that keys are made of have no more.
  keyBytes: { least: 16, most: 32, step: 1, what: 'keys' },
  // A counter takes 8, written as words of 4.
  nonceBytes: { least: 8, most: 32, step: 4, what: 'nonces' },
  // Fewer can be guessed; TAILROOM holds these and more.
  tagBytes: { least: 16, most: 32, step: 1, what: 'tags' },
} as const

/** Hash functions that a handshake may have. */
const HASHES: readonly NoiseHash[] = ['BLAKE2s', 'SHA256']

/** @throws ConfigError ERR_CONFIG_VALUE if a name, a length or a limit of a cipher cannot be. */
export function checkOptions(options: NoiseCipherOptions): void {
  const { name, aead, limits, noiseName = noiseNameOf(name), hash = 'BLAKE2s' } = options
  checkName(name)
  checkAead(name, aead)
  checkLimits(name, limits)
  checkNoiseName(name, noiseName)
  checkHash(name, hash, HASHES)
}

/** What the algorithm of a cipher is called in the name of the Noise protocol, if nothing is said of that. */
export function noiseNameOf(name: string): string {
  return String(name).replaceAll('-', '/')
}

/** The line of a cipher for `qanat plugins`. */
export function summaryOf({ name, summary }: NoiseCipherOptions): string {
  return summary ?? `${name} with one key shared by two ends`
}

/** @throws ConfigError unless a cipher may be called that. */
function checkName(name: unknown): void {
  if (typeof name === 'string' && PART_NAME.test(name)) return
  throw invalid(
    `Cannot make a cipher of the name ${JSON.stringify(name)}: a name is lower-case letters, digits and dashes`,
  )
}

/** @throws ConfigError unless an algorithm may be called that in the name of a Noise protocol. */
function checkNoiseName(cipher: string, noiseName: string): void {
  if (NOISE_NAME.test(noiseName)) return
  throw invalid(
    `Cannot make cipher ${cipher}: its noiseName ${JSON.stringify(noiseName)} is not letters, digits and slashes`,
  )
}

/** @throws ConfigError unless an algorithm is whole and its lengths can be. */
function checkAead(cipher: string, aead: AeadFunctions | AeadAlgorithm): void {
  if (typeof aead !== 'object' || aead === null)
    throw invalid(`Cannot make cipher ${cipher}: it has no 'aead'`)
  for (const key of Object.keys(LENGTHS) as (keyof AeadLengths & keyof typeof LENGTHS)[]) {
    const { least, most, step, what } = LENGTHS[key]
    const bytes = aead[key]
    if (Number.isInteger(bytes) && bytes >= least && bytes <= most && bytes % step === 0) continue
    const rule = `${least} to ${most}${step > 1 ? `, a multiple of ${step}` : ''}`
    const found = JSON.stringify(bytes) // so that '32' is not said to be no 32
    throw invalid(`Cannot make cipher ${cipher}: its ${what} have ${found} bytes, not ${rule} (${key})`)
  }
  const needed = 'withKey' in aead ? ['withKey'] : ['seal', 'open']
  const missing = needed.find((name) => typeof aead[name as keyof typeof aead] !== 'function')
  if (missing !== undefined)
    throw invalid(`Cannot make cipher ${cipher}: its 'aead' lacks the function '${missing}'`)
}

/** @throws ConfigError unless limits are counts of datagrams, the lower one first. */
function checkLimits(cipher: string, limits: MessageLimits): void {
  const { rekeyAfter, rejectAfter } = limits ?? {}
  if (Number.isInteger(rekeyAfter) && Number.isInteger(rejectAfter)) {
    if (rekeyAfter >= 1 && rekeyAfter < rejectAfter && rejectAfter < MAX_COUNTER) return
  }
  throw invalid(
    `Cannot make cipher ${cipher}: its limits are ${rekeyAfter} and ${rejectAfter} datagrams, not 1 <= rekeyAfter < rejectAfter < 2^53`,
  )
}

/** @throws ConfigError unless a hash function is one of those that are known. */
function checkHash(cipher: string, hash: string, known: readonly string[]): void {
  if (known.includes(hash)) return
  throw invalid(`Cannot make cipher ${cipher}: its hash '${hash}' is none of ${known.join(', ')}`)
}

function invalid(message: string): ConfigError {
  return new ConfigError(message, { code: 'ERR_CONFIG_VALUE' })
}
