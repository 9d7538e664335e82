import { randomBytes } from 'node:crypto'
import { generatePrivateKey, generateSharedKey, publicKeyOf } from '../src/ciphers/keys/keys.js'

/** What one end of a tunnel has to know: a key that both share, or a key pair and the other's public key. */
export type EndKeys = { readonly shared: string } | { readonly privateKey: string; readonly peerKey: string }

const XOR_KEY_BYTES = 16

/** Fresh keys for both ends of a tunnel that is sealed by the cipher of that name. */
export function freshKeys(cipher: string): { near: EndKeys; far: EndKeys } {
  if (cipher !== 'wireguard') {
    const shared = cipher === 'xor' ? randomBytes(XOR_KEY_BYTES).toString('hex') : generateSharedKey()
    return { near: { shared }, far: { shared } }
  }
  const near = generatePrivateKey()
  const far = generatePrivateKey()
  return {
    near: { privateKey: near, peerKey: publicKeyOf(far) },
    far: { privateKey: far, peerKey: publicKeyOf(near) },
  }
}
