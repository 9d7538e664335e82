/**
 * How often the operations ran that the cost of a handshake is made of. Counts are the same on every processor.
 *
 * A test file has its modules counted before they are loaded:
 *
 *     vi.mock('node:crypto', async (original) =>
 *       (await import('../../support/ciphers/crypto-counts.js')).counted(await original()),
 *     )
 *
 * and the same for `@noble/hashes/blake2.js` and `@noble/ciphers/chacha.js`.
 */
export interface CryptoCounts {
  /** X25519: what a key of this end and one from the wire agree on. */
  readonly agreements: number
  /** Fresh ephemeral keys, each of which takes one X25519, too. */
  readonly keyPairs: number
  /** Keyed BLAKE2s: mac1, mac2 and what is in a cookie. */
  readonly macs: number
  /** XChaCha20-Poly1305, which seals a cookie. */
  readonly cookies: number
  /** Hashes and HMACs, which mix the transcript. */
  readonly hashes: number
}

type Kind = keyof CryptoCounts

/** What each function that is counted counts as. */
const KINDS: Readonly<Record<string, Kind>> = {
  diffieHellman: 'agreements',
  generateKeyPairSync: 'keyPairs',
  blake2s: 'macs',
  xchacha20poly1305: 'cookies',
  createHash: 'hashes',
  createHmac: 'hashes',
}

const soFar: Record<Kind, number> = { agreements: 0, keyPairs: 0, macs: 0, cookies: 0, hashes: 0 }

/** A module whose costly functions are counted when they are called; the others are as they were. */
export function counted(module: object): object {
  const wrapped = Object.entries(module).map(([name, member]) => {
    const kind = KINDS[name]
    return [name, kind === undefined ? member : counting(kind, member)]
  })
  return Object.fromEntries(wrapped)
}

/** What `work` returns, and what ran meanwhile. */
export function countCrypto<Result>(work: () => Result): { result: Result; counts: CryptoCounts } {
  const before = { ...soFar }
  const result = work()
  const counts = { ...before }
  for (const kind of Object.keys(soFar) as Kind[]) counts[kind] = soFar[kind] - before[kind]
  return { result, counts }
}

function counting(kind: Kind, call: (...args: unknown[]) => unknown) {
  return (...args: unknown[]) => {
    soFar[kind]++
    return call(...args)
  }
}
