import { createPrivateKey, type KeyObject } from 'node:crypto'
import { asError } from '../../core/api/errors.js'
import { besides, readPem } from './pem.js'

/** What protects a key. */
export interface Passphrase {
  readonly text: string
  /** The file that holds it. */
  readonly path: string
}

/** How a key begins that needs a passphrase, by PKCS#8 and as OpenSSL had it before. RFC 1421 section 4.6.1.1 */
const ENCRYPTED = /^-----BEGIN ENCRYPTED PRIVATE KEY-----|\nProc-Type: *4,ENCRYPTED/

/**
 * The private key of a file.
 *
 * @throws Error that says what the file holds instead, and the command that mends it. Nothing of the key is in it.
 */
export function readPrivateKey(
  bytes: Uint8Array,
  path: string,
  passphrase: Passphrase | undefined,
): KeyObject {
  const blocks = readPem(bytes, path, 'key')
  const key = blocks.find(({ label }) => label.endsWith('PRIVATE KEY'))
  if (key === undefined) {
    const held = blocks.some(({ label }) => label.endsWith('CERTIFICATE'))
      ? 'a certificate'
      : `'${blocks[0]!.label}'`
    throw new Error(`${path} holds ${held} and no private key`)
  }
  if (key.label.startsWith('OPENSSH')) {
    throw new Error(`${path} holds a key as OpenSSH writes it; run "ssh-keygen -p -m PKCS8 -f ${path}"`)
  }
  const isEncrypted = ENCRYPTED.test(key.text.replaceAll('\r', ''))
  if (isEncrypted && passphrase === undefined) {
    const remedy = `give 'key-passphrase-file', or run "openssl pkey -in ${path} -out ${besides(path)}"`
    throw new Error(`${path} holds a private key that a passphrase protects; ${remedy}`)
  }
  try {
    return createPrivateKey({ key: key.text, ...(isEncrypted && { passphrase: passphrase!.text }) })
  } catch (thrown) {
    const see = `see "openssl pkey -in ${path} -noout -check"`
    if (isEncrypted)
      throw new Error(`${path}: the passphrase in ${passphrase!.path} does not open the private key; ${see}`)
    throw new Error(`${path}: its private key cannot be read (${asError(thrown).message}); ${see}`)
  }
}

/** The text of a key that a TLS context takes. */
export function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string
}
