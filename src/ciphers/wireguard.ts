import type { Cipher } from '../core/api/cipher.js'
import { ConfigError } from '../core/api/errors.js'
import type { CipherContext, CipherPart } from '../core/plugin/plugin.js'
import { parseBase64Key } from './keys/keys.js'
import { makeNoiseCipher } from './make-noise-cipher.js'
import { WireGuardProtocol } from './noise/handshake/wireguard-protocol.js'
import { CIPHER_SUMMARIES } from './summaries.js'

/** WireGuard's protocol, with any number of peers. */
export const wireguard = {
  name: 'wireguard',
  summary: CIPHER_SUMMARIES.wireguard,
  create(context: CipherContext): Cipher {
    const { key, privateKey } = context
    if (key !== undefined) {
      throw new ConfigError(
        'Cannot use cipher wireguard with a shared key: give it as the preshared key of a peer',
        { code: 'ERR_CONFIG_VALUE' },
      )
    }
    return makeNoiseCipher(protocolFor(privateKey), context, protocolFor)
  },
} satisfies CipherPart

/** The protocol of an end with this private key; without one it waits for its key. */
function protocolFor(privateKey: string | undefined): WireGuardProtocol {
  return new WireGuardProtocol(
    privateKey === undefined ? undefined : parseBase64Key(privateKey, 'private key'),
  )
}
