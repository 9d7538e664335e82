import { createHash, timingSafeEqual, type X509Certificate } from 'node:crypto'
import { ConfigError } from '../../core/api/errors.js'

/** Bytes of a SHA-256. */
const HASH_BYTES = 32

/**
 * The SHA-256 of a server's public key (SubjectPublicKeyInfo), as HTTP's pins were (RFC 7469) and curl's
 * `--pinnedpubkey` is: it outlives the certificate as long as the key is kept.
 */
export class CertificatePin {
  readonly #hash: Uint8Array

  /** @throws ConfigError if the text is not a SHA-256 in base64 or hex. */
  constructor(text: string) {
    // A slash behind the first one may belong to the base64, of which one in 64 begins so.
    const digits = text.replace(/^sha256\/(\/(?!.{42}=?$))?/, '')
    const hash = /^[0-9a-f]{64}$/i.test(digits) ? Buffer.from(digits, 'hex') : Buffer.from(digits, 'base64')
    if (hash.length !== HASH_BYTES || !/^[0-9a-z+/]+=?$/i.test(digits)) {
      throw new ConfigError(
        `Cannot read the certificate pin '${text}': it is not the SHA-256 of a public key in base64 or hex`,
        { code: 'ERR_CONFIG_VALUE' },
      )
    }
    this.#hash = hash
  }

  /** The pin of a certificate, in base64. */
  static of(certificate: X509Certificate): string {
    return spkiHash(certificate).toString('base64')
  }

  /** Whether the certificate is for the pinned key. */
  fits(certificate: X509Certificate): boolean {
    return timingSafeEqual(spkiHash(certificate), this.#hash)
  }
}

function spkiHash(certificate: X509Certificate): Buffer {
  return createHash('sha256')
    .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
}
