import { randomBytes } from 'node:crypto'
import { aeadOf } from '../core/api/aead-of-functions.js'
import type { Cipher } from '../core/api/cipher.js'
import { ConfigError } from '../core/api/errors.js'
import type { Logger } from '../core/api/logger.js'
import { ThrottledWarnings } from '../core/api/throttled-warnings.js'
import type { CipherContext, CipherPart, CipherSettings } from '../core/plugin/plugin.js'
import { parseSharedKey } from './keys/keys.js'
import { makeNoiseCipher } from './make-noise-cipher.js'
import { END_ID_BYTES, EndIds } from './noise/handshake/end-ids.js'
import { PskProtocol, type PskVariant } from './noise/handshake/psk-protocol.js'
import { BLAKE2S, SHA256 } from './noise/wire/hash.js'
import { suiteOf } from './noise/wire/suite.js'
import { checkOptions, noiseNameOf, summaryOf } from './noise-cipher-checks.js'
import type { NoiseCipherOptions, NoiseHash } from './noise-cipher-options.js'

const HASHES = { BLAKE2s: BLAKE2S, SHA256 } as const satisfies Record<NoiseHash, unknown>

/** A cipher with a shared key, which is made at once. */
export interface SharedKeyCipher extends CipherPart {
  readonly name: string
  create(context: CipherContext): Cipher
}

/**
 * What `noiseCipher` makes, once the protocol is loaded. The built-in ciphers with a shared key are made here as well.
 *
 * @throws ConfigError ERR_CONFIG_VALUE if a name, a length or a limit cannot be. `create` throws it if the settings are
 *   not one shared key and one peer.
 */
export function sharedKeyCipher(options: NoiseCipherOptions): SharedKeyCipher {
  const variant = variantOf(options)
  const { name } = options
  return {
    name,
    summary: summaryOf(options),
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
export function variantOf(options: NoiseCipherOptions): PskVariant {
  checkOptions(options)
  const { name, aead, limits, noiseName = noiseNameOf(name), hash = 'BLAKE2s' } = options
  return { suite: suiteOf(noiseName, aeadOf(aead), HASHES[hash]), limits }
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
