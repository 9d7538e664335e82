import { randomBytes } from 'node:crypto'
import type { AeadAlgorithm, AeadFunctions } from '../core/api/aead.js'
import { aeadOf } from '../core/api/aead-of-functions.js'
import type { Cipher } from '../core/api/cipher.js'
import { ConfigError } from '../core/api/errors.js'
import type { Logger } from '../core/api/logger.js'
import { ThrottledWarnings } from '../core/api/throttled-warnings.js'
import type { CipherContext, CipherPart, CipherSettings } from '../core/plugin/plugin.js'
import { parseSharedKey } from './keys/keys.js'
import { makeNoiseCipher } from './make-noise-cipher.js'
import { END_ID_BYTES, EndIds } from './noise/handshake/end-ids.js'
import type { MessageLimits } from './noise/handshake/protocol.js'
import { PskProtocol, type PskVariant } from './noise/handshake/psk-protocol.js'
import { BLAKE2S, SHA256 } from './noise/wire/hash.js'
import { suiteOf } from './noise/wire/suite.js'
import { checkAead, checkHash, checkLimits, checkName, checkNoiseName } from './noise-cipher-checks.js'

const HASHES = { BLAKE2s: BLAKE2S, SHA256 } as const

/** What a cipher with a shared key is made of. */
export interface NoiseCipherOptions {
  /** What the user types to choose it: lower-case letters, digits and dashes. */
  readonly name: string
  /** One line for `qanat plugins`; made of the name if absent. */
  readonly summary?: string | undefined
  /** The algorithm: two functions, or one whose keys are made ready and work in place. */
  readonly aead: AeadFunctions | AeadAlgorithm
  /** How many datagrams of up to 64 KiB the algorithm may seal under one key. */
  readonly limits: MessageLimits
  /**
   * The algorithm in the name of the Noise protocol: letters, digits and slashes (Noise, section 8). If absent, the
   * name with a slash for each dash.
   */
  readonly noiseName?: string | undefined
  /** The hash function of the handshake; BLAKE2s if absent. */
  readonly hash?: 'BLAKE2s' | 'SHA256' | undefined
}

/** A cipher of `noiseCipher`, which is made at once. */
export interface NoiseCipherPart extends CipherPart {
  readonly name: string
  create(context: CipherContext): Cipher
}

/**
 * Makes a cipher of an algorithm for authenticated encryption. Two ends that share one 32-byte key agree on the keys of
 * each session by Noise_NNpsk0_25519, so what was recorded stays closed to who learns the shared key later. It
 * has all that the built-in ciphers with a shared key have, which are made here as well: replay window, roaming, probes,
 * fragments, pushed settings. docs/protocol.md has its datagrams.
 *
 * @param options the algorithm, with its lengths in bytes, what it is called, and its limits in datagrams.
 * @returns a cipher of a plugin, or one to be registered under CIPHER.
 * @throws ConfigError ERR_CONFIG_VALUE if a name, a length or a limit cannot be. `create` throws it if the settings are
 *   not one shared key and one peer.
 * @example
 * const cipher = noiseCipher({
 *   name: 'xchacha20',
 *   aead: {
 *     ...{ keyBytes: 32, nonceBytes: 24, tagBytes: 16 },
 *     seal: (key, nonce, text, associated) => xchacha20poly1305(key, nonce, associated).encrypt(text),
 *     open: (key, nonce, sealed, associated) => xchacha20poly1305(key, nonce, associated).decrypt(sealed),
 *   },
 *   limits: { rekeyAfter: 2 ** 52, rejectAfter: 2 ** 53 - 1 },
 * })
 */
export function noiseCipher(options: NoiseCipherOptions): NoiseCipherPart {
  const variant = variantOf(options)
  const { name, summary = `${name} with one key shared by two ends` } = options
  return {
    name,
    summary,
    keys: 'shared',
    peers: 'one',
    create(context) {
      const { key, peer } = check(name, context)
      const ends = new EndIds(randomBytes(END_ID_BYTES), throttled(context))
      return makeNoiseCipher(new PskProtocol(variant, parseSharedKey(key), ends, peer.id), context)
    },
  }
}

/**
 * The protocol's suite and limits for a cipher with a shared key.
 *
 * @throws ConfigError if they cannot be.
 */
export function variantOf({
  name,
  aead,
  limits,
  noiseName,
  hash = 'BLAKE2s',
}: NoiseCipherOptions): PskVariant {
  checkName(name)
  checkAead(name, aead)
  checkLimits(name, limits)
  const called = noiseName ?? name.replaceAll('-', '/')
  checkNoiseName(name, called)
  checkHash(name, hash, Object.keys(HASHES))
  return { suite: suiteOf(called, aeadOf(aead), HASHES[hash]), limits }
}

/** A logger whose warnings come at most once a minute: a third end may come back as often as it likes. */
function throttled({ clock, log }: Pick<CipherContext, 'clock' | 'log'>): Pick<Logger, 'warn'> {
  const warnings = new ThrottledWarnings(log)
  return { warn: (message, fields = {}) => warnings.give(message, fields, clock.now()) }
}

/** The key that two ends share, and the other one of them. Throws a ConfigError unless that is what there is. */
function check(name: string, { key, privateKey, peers }: CipherSettings) {
  if (key === undefined) {
    throw new ConfigError(`Cannot use cipher ${name}: it needs a shared key; make one with "qanat genpsk"`, {
      code: 'ERR_CONFIG_MISSING',
    })
  }
  const [peer, ...others] = peers
  const refused =
    privateKey !== undefined
      ? 'a private key: choose "--cipher wireguard" for that'
      : peer === undefined || others.length > 0
        ? `${peers.length} peers: it joins exactly two ends; choose "--cipher wireguard" for more`
        : undefined
  if (refused)
    throw new ConfigError(`Cannot use cipher ${name} with ${refused}`, { code: 'ERR_CONFIG_VALUE' })
  return { key, peer: peer! }
}
