import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from './temporary-folder.js'

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** A certificate and its key, as text and as files. */
export interface Certificate {
  readonly cert: string
  readonly key: string
  readonly certFile: string
  readonly keyFile: string
}

/** An authority for one test file, made by the openssl command. Nothing of it is ever committed. */
export class TestAuthority {
  readonly folder = temporaryFolder()
  /** PEM of the authority's certificate. */
  readonly ca: string
  readonly caFile = join(this.folder, 'ca.pem')
  #count = 0

  constructor() {
    this.openssl(
      'req',
      '-x509',
      ...NEW_KEY,
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-days',
      '2',
      '-subj',
      '/CN=Qanat test',
    )
    this.ca = this.#read('ca.pem')
  }

  /** @param days Until it expires; -1 makes one that expired yesterday. */
  issue(name: string, { days = 2 } = {}): Certificate {
    const stem = `leaf${++this.#count}`
    const alternative = /^[\d.]+$|:/.test(name) ? `IP:${name}` : `DNS:${name}`
    this.openssl(
      'req',
      '-new',
      ...NEW_KEY,
      '-keyout',
      `${stem}.key`,
      '-out',
      `${stem}.csr`,
      '-subj',
      `/CN=${stem}`,
      '-addext',
      `subjectAltName=${alternative}`,
    )
    this.openssl(
      'x509',
      '-req',
      '-in',
      `${stem}.csr`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-copy_extensions',
      'copy',
      '-days',
      String(days),
      '-out',
      `${stem}.pem`,
    )
    return {
      cert: this.#read(`${stem}.pem`),
      key: this.#read(`${stem}.key`),
      certFile: join(this.folder, `${stem}.pem`),
      keyFile: join(this.folder, `${stem}.key`),
    }
  }

  /** Runs a command of openssl in the folder. */
  openssl(...command: string[]): void {
    execFileSync('openssl', command, { cwd: this.folder, stdio: 'pipe' })
  }

  #read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8')
  }
}
