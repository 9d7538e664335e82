import type { Cipher } from '../core/api/cipher.js'
import type { CipherContext, CipherPart } from '../core/plugin/plugin.js'
import { checkOptions, summaryOf } from './noise-cipher-checks.js'
import type { NoiseCipherOptions } from './noise-cipher-options.js'

/** A cipher of `noiseCipher`. */
export interface NoiseCipherPart extends CipherPart {
  readonly name: string
  create(context: CipherContext): Promise<Cipher>
}

/**
 * Makes a cipher of an algorithm for authenticated encryption. Two ends that share one 32-byte key agree on the keys of
 * each session by Noise_NNpsk0_25519, so what was recorded stays closed to who learns the shared key later. It
 * has all that the built-in ciphers with a shared key have: replay window, roaming, probes,
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
  checkOptions(options)
  return {
    name: options.name,
    summary: summaryOf(options),
    keys: 'shared',
    peers: 'one',
    async create(context) {
      // Whoever loads a plugin may not use its cipher, and the protocol is most of what this package has to load.
      const { sharedKeyCipher } = await import('./noise-cipher.js')
      return sharedKeyCipher(options).create(context)
    },
  }
}
