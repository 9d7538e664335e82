import type { KeyObject, X509Certificate } from 'node:crypto'
import { asError, ConfigError, isConfigError } from '../../core/api/errors.js'
import type { TlsSettings } from '../../core/settings/option-groups.js'
import type { Path } from '../check/problems.js'
import type { ConfigModel } from '../schema/model.js'
import { nameOf, outOfDate, readCertificates, textOf } from './certificates.js'
import { type Chain, chainRemarks, misfit } from './pair.js'
import { pemOf, readPrivateKey } from './private-key.js'
import { SYSTEM, type SystemFiles, systemAuthorities } from './system-authorities.js'

/** How files of certificates and keys are read. */
export interface TlsFiles extends SystemFiles {
  /** Those of a file that nobody but its owner may read. */
  keyBytes(path: string): Uint8Array
  resolve(path: string): string
}

/** What certificates are judged by, and who is told. */
export interface TlsPlace {
  /** What errors call what lies at a path of the model. */
  readonly describe: (path: Path) => string
  /** Is told what works and is likely not meant. */
  readonly remark: (path: Path, text: string) => void
  /** Milliseconds since 1970. */
  readonly now: number
}

/** The texts in the files that [tls] names. */
export interface TlsTexts extends Pick<TlsSettings, 'ca' | 'cert' | 'key'> {
  /** The authorities of an https:// proxy. */
  readonly proxyCa: string | undefined
}

type TlsModel = NonNullable<ConfigModel['tls']>

/**
 * Reads the certificates and keys that [tls] names, each for what it is, and the own pair as one.
 *
 * @throws ConfigError that says what is wrong with a file, and which command mends it.
 */
export function readTls(tls: TlsModel, files: TlsFiles, place: TlsPlace): TlsTexts {
  const using = <Value>(key: string, work: () => Value): Value => {
    try {
      return work()
    } catch (thrown) {
      if (isConfigError(thrown)) throw thrown
      throw new ConfigError(`Cannot use ${place.describe(['tls', key])}: ${asError(thrown).message}`, {
        code: 'ERR_CONFIG_VALUE',
        cause: thrown,
      })
    }
  }
  const remark = (key: string, lines: readonly (string | undefined)[]) => {
    for (const line of lines) if (line !== undefined) place.remark(['tls', key], line)
  }
  const authorities = (key: 'ca-file' | 'proxy-ca-file', path: string | undefined) =>
    using(key, () => {
      if (path === undefined) return undefined
      if (path === SYSTEM) return textOf(systemAuthorities(files).certificates)
      const found = chainIn(path, files)
      remark(key, [...dates(found, place.now), strangers(found)])
      return textOf(found.certificates)
    })
  const own = using('cert-file', () =>
    tls.certFile === undefined ? undefined : chainIn(tls.certFile, files),
  )
  const key = using('key-file', () => keyOf(tls, files))
  if (own !== undefined) {
    const { path } = key ?? {}
    using('cert-file', () => {
      const why = key && misfit(own, key.key, path!)
      if (why !== undefined) throw new Error(why)
    })
    remark('cert-file', [...dates(own, place.now), ...chainRemarks(own)])
  }
  return {
    ca: authorities('ca-file', tls.caFile),
    proxyCa: authorities('proxy-ca-file', tls.proxyCaFile),
    cert: own && textOf(own.certificates),
    key: key && pemOf(key.key),
  }
}

function chainIn(named: string, { bytes, resolve }: TlsFiles): Chain {
  const path = resolve(named)
  return { certificates: readCertificates(bytes(named), path), path }
}

function keyOf(
  { keyFile, keyPassphraseFile }: TlsModel,
  { keyBytes, resolve }: TlsFiles,
): { readonly key: KeyObject; readonly path: string } | undefined {
  if (keyFile === undefined) return undefined
  const path = resolve(keyFile)
  const passphrase =
    keyPassphraseFile === undefined
      ? undefined
      : { text: firstLine(keyBytes(keyPassphraseFile)), path: resolve(keyPassphraseFile) }
  return { key: readPrivateKey(keyBytes(keyFile), path, passphrase), path }
}

/** As OpenSSL takes a passphrase from a file. openssl-passphrase-options(1) */
function firstLine(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).split(/\r?\n/, 1)[0]!
}

function dates({ certificates, path }: Chain, now: number): readonly (string | undefined)[] {
  return certificates.map((certificate) => outOfDate(certificate, path, now))
}

/** That none of these is an authority's; undefined if one is, or they are trusted for themselves. */
function strangers({ certificates, path }: Chain): string | undefined {
  const trusts = ({ ca, issuer, subject }: X509Certificate) => ca || issuer === subject
  if (certificates.some(trusts)) return undefined
  const name = nameOf(certificates[0]!.subject)
  return `${path} holds no authority's certificate ('${name}' is a server's), so nobody is trusted by it; give its issuer's, or 'pin'`
}
