import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { readCertificates } from './certificates.js'
import { readPem } from './pem.js'
import { readPrivateKey } from './private-key.js'

/** The SHA-256 of a public key (SubjectPublicKeyInfo, DER), as [tls] takes a pin and curl does. RFC 7469 section 2.4 */
export function pinOf(publicKey: KeyObject): string {
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  return `sha256/${createHash('sha256').update(spki).digest('base64')}`
}

/**
 * The pin of what a file holds: of its first certificate, else of its private key.
 *
 * @throws Error that says what the file holds instead.
 */
export function pinOfFile(bytes: Uint8Array, path: string): string {
  const isKey = readPem(bytes, path, 'certificate').every(({ label }) => label.endsWith('PRIVATE KEY'))
  if (isKey) return pinOf(createPublicKey(readPrivateKey(bytes, path, undefined)))
  return pinOf(readCertificates(bytes, path)[0]!.publicKey)
}

/**
 * The pin that proves a server whose certificate is signed by itself, so that nobody else vouches for it. Undefined if
 * an authority signed it.
 *
 * @throws Error if the file cannot be used.
 */
export function neededPin(bytes: Uint8Array, path: string): string | undefined {
  const { issuer, publicKey, subject } = readCertificates(bytes, path)[0]!
  return issuer === subject ? pinOf(publicKey) : undefined
}
