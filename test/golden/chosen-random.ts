import type { KeyObject } from 'node:crypto'

type Crypto = typeof import('node:crypto')

/** What stands before the 32 bytes of a private X25519 key in PKCS #8. RFC 8410. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex')

let drawn = 0

/** Begins the bytes anew that `chosenCrypto` draws, so that each test has the same. */
export function useChosenRandom(): void {
  drawn = 0
}

/** `node:crypto` with random bytes and X25519 keys that are the same each time, in the order in which they are drawn. */
export function chosenCrypto(crypto: Crypto): Crypto {
  const randomBytes = (length: number) => {
    const blocks = Array.from({ length: Math.ceil(length / 32) }, () =>
      crypto.createHash('sha256').update(String(drawn++)).digest(),
    )
    return Buffer.concat(blocks).subarray(0, length)
  }
  const generateKeyPairSync = (): { publicKey: object; privateKey: KeyObject } => {
    const privateKey = crypto.createPrivateKey({
      key: Buffer.concat([PKCS8_PREFIX, randomBytes(32)]),
      format: 'der',
      type: 'pkcs8',
    })
    return { privateKey, publicKey: crypto.createPublicKey(privateKey).export({ format: 'jwk' }) }
  }
  return { ...crypto, randomBytes, generateKeyPairSync } as unknown as Crypto
}
