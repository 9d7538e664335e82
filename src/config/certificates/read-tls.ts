import type { KeyObject, X509Certificate } from 'node:crypto'
import { asError, ConfigError, isConfigError } from '../../core/api/errors.js'
import type { TlsSettings } from '../../core/settings/option-groups.js'
import type { Path } from '../check/problems.js'
import type { ConfigModel } from '../schema/model.js'
import { nameOf, outOfDate, readCertificates, serverNames, textOf } from './certificates.js'
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
export interface TlsTexts extends Pick<TlsSettings, 'ca' | 'cert' | 'key' | 'further'> {
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
  const key = using('key-file', () => keyOf(tls.keyFile, tls, files))
  if (own !== undefined) {
    using('cert-file', () => fits(own, key))
    remark('cert-file', [...dates(own, place.now), ...chainRemarks(own)])
  }
  const { furtherCertFiles = [], furtherKeyFiles = [] } = tls
  using('further-key-files', () => {
    const [certs, keys] = [furtherCertFiles.length, furtherKeyFiles.length]
    if (certs !== keys)
      throw new Error(`it has ${keys} and 'further-cert-files' ${certs}; each certificate takes its key`)
    if (certs > 0 && own === undefined)
      throw new Error("without 'cert-file' there is none for clients that ask for no name")
  })
  const chains = furtherCertFiles.map((path) => using('further-cert-files', () => chainIn(path, files)))
  const further = chains.map((chain, index) => {
    const itsKey = using('further-key-files', () => keyOf(furtherKeyFiles[index], tls, files))!
    using('further-cert-files', () => fits(chain, itsKey))
    const before = [...(own === undefined ? [] : [own]), ...chains.slice(0, index)]
    remark('further-cert-files', [
      ...dates(chain, place.now),
      ...chainRemarks(chain),
      neverShown(chain, before),
    ])
    return { cert: textOf(chain.certificates), key: pemOf(itsKey.key) }
  })
  return {
    ca: authorities('ca-file', tls.caFile),
    proxyCa: authorities('proxy-ca-file', tls.proxyCaFile),
    cert: own && textOf(own.certificates),
    key: key && pemOf(key.key),
    ...(further.length > 0 && { further }),
  }
}

function chainIn(named: string, { bytes, resolve }: TlsFiles): Chain {
  const path = resolve(named)
  return { certificates: readCertificates(bytes(named), path), path }
}

/** Throws an Error if there is a key, and it is another one's. */
function fits(chain: Chain, key: ReturnType<typeof keyOf>): void {
  const why = key && misfit(chain, key.key, key.path)
  if (why !== undefined) throw new Error(why)
}

/** That no client will ever be shown a certificate; undefined if some may. */
function neverShown({ certificates, path }: Chain, before: readonly Chain[]): string | undefined {
  const names = serverNames(certificates[0]!)
  if (names.length === 0) return `${path} has no name of a server in it, so nobody is shown it`
  const known = new Set(before.flatMap(({ certificates }) => serverNames(certificates[0]!)))
  if (!names.every((name) => known.has(name))) return undefined
  return `${path} has no name that those before it do not have, so nobody is shown it`
}

function keyOf(
  keyFile: string | undefined,
  { keyPassphraseFile }: TlsModel,
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
