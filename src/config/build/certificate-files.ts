import type { TunnelConfig } from '../../core/api/config.js'
import { readTls, type TlsPlace, type TlsTexts } from '../certificates/read-tls.js'
import type { ConfigModel } from '../schema/model.js'
import type { Admission } from '../trust/place.js'
import type { ReadFile } from '../trust/read-file.js'
import { type FilePlace, filesOf } from './files.js'

/** The certificates and keys of a configuration, as they are on disk by now. */
export interface CertificateFiles {
  /**
   * Reads them again, by `read` in place of how the configuration was read.
   *
   * @throws ConfigError if one of them cannot be used.
   */
  read(read?: ReadFile): CertificatesRead
}

export interface CertificatesRead {
  readonly texts: TlsTexts
  /** The files that they are in; none if the configuration names none. */
  readonly paths: readonly string[]
  /** What works and is likely not meant. */
  readonly remarks: readonly string[]
}

interface Place {
  readonly source: FilePlace
  readonly admission: Admission
  readonly describe: TlsPlace['describe']
}

/** How to read again what [tls] names, as far as the configuration may name it. */
export function certificateFiles(
  tls: ConfigModel['tls'] = {},
  { admission, describe, source }: Place,
): CertificateFiles {
  return {
    read(read = source.read) {
      const paths = new Set<string>()
      const remarks: string[] = []
      const noting: ReadFile = (path) => {
        paths.add(path) // also one that is not there at this moment
        return read(path)
      }
      const files = filesOf({ ...source, read: noting }, admission)
      const remark = (_path: unknown, text: string) => remarks.push(text)
      const texts = readTls(tls, files, { describe, remark, now: Date.now() })
      return { texts, paths: [...paths], remarks }
    },
  }
}

/** The same configuration with these certificates and keys. */
export function withCertificates(
  { transports, ...config }: TunnelConfig,
  { proxyCa, ...tls }: TlsTexts,
): TunnelConfig {
  const { groups, proxy, ...others } = transports ?? {}
  return {
    ...config,
    transports: {
      ...others,
      proxy: { ...proxy, ca: proxyCa },
      groups: { ...groups, tls: { ...groups?.tls, further: undefined, ...tls } },
    },
  }
}
