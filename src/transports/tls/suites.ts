/** What a cipher suite of TLS 1.3 is made of. */
export interface Suite {
  /** OpenSSL's name of its AEAD. */
  readonly aead: string
  readonly keyBytes: number
  /** The hash of its key schedule. */
  readonly hash: 'sha256' | 'sha384'
}

/** By the names that RFC 8446 appendix B.4 has. CCM suites are missing: nobody offers them by default. */
export const SUITES: Readonly<Record<string, Suite>> = {
  TLS_AES_128_GCM_SHA256: { aead: 'AES-128-GCM', keyBytes: 16, hash: 'sha256' },
  TLS_AES_256_GCM_SHA384: { aead: 'AES-256-GCM', keyBytes: 32, hash: 'sha384' },
  TLS_CHACHA20_POLY1305_SHA256: { aead: 'CHACHA20-POLY1305', keyBytes: 32, hash: 'sha256' },
}

/** Ten rounds in place of fourteen. What records hold is sealed by the tunnel's own cipher besides. */
const FIRST = 'TLS_AES_128_GCM_SHA256'

/**
 * A list of cipher suites as OpenSSL has them, the cheapest first, where browsers have it, too. Nothing is added, so
 * that a suite that was taken out of the list stays out.
 */
export function inOrderOfCost(ciphers: string): string {
  const names = ciphers.split(':')
  return [...names.filter((name) => name === FIRST), ...names.filter((name) => name !== FIRST)].join(':')
}
