import type { X509Certificate } from 'node:crypto'
import { readCertificates } from './certificates.js'

/** What a file of authorities is called that stands for those of the system. */
export const SYSTEM = 'system'

/** The variable by which OpenSSL's programs find them. openssl-env(7) */
const VARIABLE = 'SSL_CERT_FILE'

/** Where distributions keep them: Debian and Alpine, Fedora, SUSE, older Red Hat, Alpine and BSDs. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
] as const

/** What is needed to find them. */
export interface SystemFiles {
  bytes(path: string): Uint8Array
  readonly environment: Readonly<Record<string, string | undefined>>
}

/**
 * The authorities that this system trusts.
 *
 * @throws Error if there are none, or the file that `SSL_CERT_FILE` names cannot be used.
 */
export function systemAuthorities({ bytes, environment }: SystemFiles): {
  readonly certificates: readonly X509Certificate[]
  readonly path: string
} {
  const named = environment[VARIABLE]
  if (named !== undefined && named !== '') {
    try {
      return { certificates: readCertificates(bytes(named), named), path: named }
    } catch (thrown) {
      throw new Error(`${VARIABLE}: ${(thrown as Error).message}`, { cause: thrown })
    }
  }
  for (const path of BUNDLES) {
    const found = orUndefined(() => bytes(path))
    if (found !== undefined) return { certificates: readCertificates(found, path), path }
  }
  throw new Error(
    `this system has no bundle of authorities; install the package ca-certificates, or set ${VARIABLE}`,
  )
}

function orUndefined<Value>(work: () => Value): Value | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
