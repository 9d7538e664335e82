import { ConfigError } from '../core/errors.js'
import type { CipherPlugin } from '../core/plugin.js'
import { parseBase64Key } from './keys.js'
import { makeNoiseCipher } from './make-noise-cipher.js'
import { WireGuardProtocol } from './noise/wireguard-protocol.js'

/** WireGuard's protocol, with any number of peers. */
export const wireguard: CipherPlugin = {
  name: 'wireguard',
  summary: 'the protocol of WireGuard, also with its own programs',
  create(settings, container) {
    const { key, privateKey } = settings
    if (privateKey === undefined) {
      throw new ConfigError(
        'Cannot use cipher wireguard: it needs a private key; make one with "qanat genkey"',
        {
          code: 'ERR_CONFIG_MISSING',
        },
      )
    }
    if (key !== undefined) {
      throw new ConfigError(
        'Cannot use cipher wireguard with a shared key: give it as the preshared key of a peer',
        { code: 'ERR_CONFIG_VALUE' },
      )
    }
    const protocol = new WireGuardProtocol(parseBase64Key(privateKey, 'private key'))
    return makeNoiseCipher(protocol, settings, container)
  },
}
