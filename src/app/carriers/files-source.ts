import { stat } from 'node:fs/promises'
import type { CertificateFiles } from '../../config/build/certificate-files.js'
import type { ReadFile } from '../../config/trust/read-file.js'
import { asError } from '../../core/api/errors.js'
import type { CertificateSource } from './certificate-watch.js'

/**
 * The files that a configuration names, as this process sees them.
 *
 * @param filesOf Those of the configuration in force.
 */
export function filesSource(filesOf: () => CertificateFiles): CertificateSource {
  let known: readonly string[] = [] // until they are read
  return {
    async look() {
      return (await Promise.all(known.map(traceOf))).join(' ')
    },
    async read() {
      const read = filesOf().read()
      known = read.paths
      return read
    },
  }
}

/** Who reads files for a process that may not. */
interface Reader {
  /** As {@link CertificateSource.look}. */
  look(): Promise<string>
  /** Reads all that the configuration names. */
  read(): Promise<ReadFile>
}

/** The same as another process sees them. */
export function handedSource(filesOf: () => CertificateFiles, reader: Reader): CertificateSource {
  return {
    look: () => reader.look(),
    read: async () => filesOf().read(await reader.read()),
  }
}

/** Which file a path leads to, and when it was written. */
async function traceOf(path: string): Promise<string> {
  try {
    const { ctimeNs, dev, ino, mtimeNs, size } = await stat(path, { bigint: true })
    return [dev, ino, size, mtimeNs, ctimeNs].join(':')
  } catch (thrown) {
    return (asError(thrown) as NodeJS.ErrnoException).code ?? ''
  }
}
