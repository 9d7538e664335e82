/** Pairs of keys for tests, each as `wg genkey` and `wg pubkey` make them. */
import { generatePrivateKey, publicKeyOf } from '../../src/ciphers/keys/keys.js'

export interface Pair {
  readonly privateKey: string
  readonly publicKey: string
}

export const PAIRS: readonly Pair[] = Array.from({ length: 4 }, () => {
  const privateKey = generatePrivateKey()
  return { privateKey, publicKey: publicKeyOf(privateKey) }
})

export const [OWN, A, B, C] = PAIRS as unknown as [Pair, Pair, Pair, Pair]
