import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULT_PORT } from '../../src/core/settings/ports.js'
import { within } from '../deadline.js'
import { type EndKeys, freshKeys } from '../end-keys.js'
import { QANAT } from '../lab.js'
import { NamespacePair, type NetworkNamespace } from '../namespaces.js'
import { Program } from '../program.js'
import { temporaryFolder } from '../temporary-folder.js'
import type { Combination } from './combinations.js'
import type { Measurement } from './measurement.js'
import type { Stage } from './stage.js'

const HOST_PROGRAM = join(import.meta.dirname, 'host-program.js')
const NEAR = '10.0.0.1'
const FAR = '10.0.0.2'
const PROXY_PORT = 3128
/** Milliseconds that a program may take to end when it is asked to, before it is killed. */
const PATIENCE = 10_000

/** Two network namespaces on a wire; in each runs the command line `qanat`, as on two computers. */
export class NamespaceStage implements Stage {
  readonly hosts = 'two namespaces'
  readonly #pair: NamespacePair
  /** Where key files are, which only this user can read. */
  readonly #folder = temporaryFolder()
  #far: Program | undefined

  /** @throws Error if namespaces cannot be made. */
  constructor() {
    try {
      this.#pair = new NamespacePair(`qanat-demo-${process.pid}`)
    } catch (thrown) {
      this.close()
      throw thrown
    }
  }

  async run(combination: Combination, limit: number): Promise<Measurement> {
    await this.#serve()
    const programs: Program[] = []
    try {
      return await within(this.#measure(combination, programs), 'a tunnel that carries packets', limit)
    } finally {
      await Promise.all(programs.map(stop))
    }
  }

  close(): void {
    this.#pair?.remove()
  }

  /** One program at the far host serves all tunnels. */
  async #serve(): Promise<void> {
    if (this.#far !== undefined) return
    this.#far = start(this.#pair.far, HOST_PROGRAM, ['far'])
    await this.#far.line('serving', 'stdout')
  }

  /** Starts both ends and what measures them; `programs` is told of all that runs. */
  async #measure({ scheme, cipher, around }: Combination, programs: Program[]): Promise<Measurement> {
    const { near, far } = this.#pair
    const keys = freshKeys(cipher)
    const { forFar, forNear } = this.#around(around, programs)
    const listen = ['--listen', `${scheme}://[::]:${DEFAULT_PORT}`, ...forFar]
    const farEnd = this.#qanat(far, [FAR, NEAR], cipher, keys.far, listen)
    programs.push(farEnd)
    await farEnd.line('listening')
    const peer = ['-p', `${scheme}://${far.ipv4}:${DEFAULT_PORT}`, ...forNear]
    const nearEnd = this.#qanat(near, [NEAR, FAR], cipher, keys.near, peer)
    programs.push(nearEnd)
    await nearEnd.line('peer is reached')
    const probe = start(near, HOST_PROGRAM, ['near', FAR])
    programs.push(probe)
    return JSON.parse(await probe.output()) as Measurement
  }

  /** Puts around a tunnel what it is to have, and returns each end's options for it. */
  #around(what: Combination['around'], programs: Program[]) {
    if (what === 'certificate') return this.#certificate()
    if (what === 'proxy') return this.#proxy(programs)
    return { forFar: [], forNear: ['--proxy', 'none'] }
  }

  /** Makes a certificate, and returns the options that name it. */
  #certificate() {
    const [cert, key] = [join(this.#folder, 'cert.pem'), join(this.#folder, 'key.pem')]
    const kind = [
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '1',
    ]
    const name = ['-subj', '/CN=demo', '-addext', `subjectAltName=IP:${this.#pair.far.ipv4}`]
    execFileSync('openssl', ['req', ...kind, ...name, '-keyout', key, '-out', cert], { stdio: 'pipe' })
    return { forFar: ['--tls-cert', cert, '--tls-key', key], forNear: ['--tls-ca', cert, '--proxy', 'none'] }
  }

  /** Starts a web proxy at the far host. The near end comes back until it listens. */
  #proxy(programs: Program[]) {
    const { far } = this.#pair
    const file = join(this.#folder, 'tinyproxy.conf')
    writeFileSync(file, `Listen ${far.ipv4}\nPort ${PROXY_PORT}\nTimeout 60\nLogLevel Critical\n`)
    programs.push(new Program(...far.inside('tinyproxy', ['-d', '-c', file])))
    return { forFar: [], forNear: ['--proxy', `http://${far.ipv4}:${PROXY_PORT}`] }
  }

  #qanat(
    host: NetworkNamespace,
    [local, peer]: readonly [string, string],
    cipher: string,
    keys: EndKeys,
    options: readonly string[],
  ): Program {
    const file = join(this.#folder, host.name)
    writeFileSync(file, 'shared' in keys ? keys.shared : keys.privateKey, { mode: 0o600 })
    const secrets =
      'shared' in keys
        ? ['--key-file', file]
        : ['--private-key-file', file, '--peer-key', keys.peerKey, '--allowed-ips', peer]
    return start(host, QANAT, [local, peer, '--cipher', cipher, ...secrets, ...options])
  }
}

function start(host: NetworkNamespace, script: string, args: readonly string[]): Program {
  return new Program(...host.inside(process.execPath, [script, ...args]))
}

/** Asks a program to end, and ends it if it does not. */
async function stop(program: Program): Promise<void> {
  program.kill('SIGTERM')
  await program.ending(PATIENCE).catch(() => program.kill('SIGKILL'))
}
