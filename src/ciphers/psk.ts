import { randomBytes } from 'node:crypto'
import type { DependencyContainer } from 'tsyringe'
import type { Cipher } from '../core/api/cipher.js'
import { ConfigError } from '../core/api/errors.js'
import type { Logger } from '../core/api/logger.js'
import { type CipherPlugin, type CipherSettings, CLOCK, LOGGER } from '../core/api/plugin.js'
import { ThrottledWarnings } from '../core/api/throttled-warnings.js'
import type { Clock } from '../core/time/clock.js'
import type { AeadName } from './aead/aead.js'
import { parseSharedKey } from './keys/keys.js'
import { makeNoiseCipher } from './make-noise-cipher.js'
import { END_ID_BYTES, EndIds } from './noise/handshake/end-ids.js'
import { PskProtocol } from './noise/handshake/psk-protocol.js'
import { CIPHER_SUMMARIES } from './summaries.js'

/** AES-256-GCM under one 32-byte key that two ends share; the default of all ciphers. */
export const aes256Gcm = pskPlugin('aes-256-gcm')
/** ChaCha20-Poly1305 under one 32-byte key that two ends share, for processors without AES. */
export const chacha20Poly1305 = pskPlugin('chacha20-poly1305')

function pskPlugin(name: AeadName) {
  return {
    name,
    summary: CIPHER_SUMMARIES[name],
    create(settings: CipherSettings, container: DependencyContainer): Cipher {
      const { key, peer } = check(name, settings)
      const ends = new EndIds(randomBytes(END_ID_BYTES), throttled(container))
      return makeNoiseCipher(new PskProtocol(name, parseSharedKey(key), ends, peer.id), settings, container)
    },
  } satisfies CipherPlugin
}

/** A logger whose warnings come at most once a minute: a third end may come back as often as it likes. */
function throttled(container: DependencyContainer): Pick<Logger, 'warn'> {
  const clock = container.resolve<Clock>(CLOCK)
  const warnings = new ThrottledWarnings(container.resolve<Logger>(LOGGER))
  return { warn: (message, fields = {}) => warnings.give(message, fields, clock.now()) }
}

function check(name: AeadName, { key, privateKey, peers }: CipherSettings) {
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
