import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../../../lab/temporary-folder.js'

/** A certificate and its key, as text. */
export interface Pair {
  readonly cert: string
  readonly key: string
}

/** A pair of files that somebody renews. */
export interface RenewedPair {
  readonly certFile: string
  readonly keyFile: string
  /** Steps of a renewal. After each one but the last the pair is not whole, and a look at it may follow. */
  renew(pair: Pair): Iterable<'half' | 'whole'>
}

/** Files that are written where they are, the certificate in two parts. */
export function writtenPair(first: Pair): RenewedPair {
  const folder = temporaryFolder()
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const write = (file: string, text: string) => writeFileSync(file, text, { mode: 0o600 })
  function* renew({ cert, key }: Pair): Iterable<'half' | 'whole'> {
    write(certFile, cert.slice(0, cert.length / 2))
    yield 'half'
    write(certFile, cert)
    yield 'half'
    write(keyFile, '')
    yield 'half'
    write(keyFile, key)
    yield 'whole'
  }
  for (const _ of renew(first));
  return { certFile, keyFile, renew }
}

/** As certbot has them: live/ has links to files of archive/, which are swapped one after the other. */
export function certbotPair(first: Pair): RenewedPair {
  const folder = temporaryFolder()
  for (const name of ['live', 'archive']) mkdirSync(join(folder, name), { mode: 0o700 })
  const live = (name: string) => join(folder, 'live', `${name}.pem`)
  let count = 0
  function* renew({ cert, key }: Pair): Iterable<'half' | 'whole'> {
    count++
    for (const [name, text] of [
      ['fullchain', cert],
      ['privkey', key],
    ] as const) {
      writeFileSync(join(folder, 'archive', `${name}${count}.pem`), text, { mode: 0o600 })
      swap(`../archive/${name}${count}.pem`, live(name))
      yield name === 'privkey' ? 'whole' : 'half'
    }
  }
  for (const _ of renew(first));
  return { certFile: live('fullchain'), keyFile: live('privkey'), renew }
}

/** As Kubernetes has them: both are links through ..data, a link to a folder that is swapped at once. */
export function kubernetesPair(first: Pair): RenewedPair {
  const folder = temporaryFolder()
  const [certFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')]
  let count = 0
  function* renew({ cert, key }: Pair): Iterable<'half' | 'whole'> {
    const data = `..2026_${++count}`
    mkdirSync(join(folder, data), { mode: 0o755 })
    writeFileSync(join(folder, data, 'tls.crt'), cert)
    writeFileSync(join(folder, data, 'tls.key'), key, { mode: 0o600 })
    swap(data, join(folder, '..data'))
    yield 'whole'
  }
  for (const _ of renew(first));
  symlinkSync('..data/tls.crt', certFile)
  symlinkSync('..data/tls.key', keyFile)
  return { certFile, keyFile, renew }
}

/** Puts a link in place of another one in one step. */
function swap(target: string, link: string): void {
  symlinkSync(target, `${link}.next`)
  renameSync(`${link}.next`, link)
}
