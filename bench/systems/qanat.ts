import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TestAuthority } from '../../lab/certificates.js'
import { type EndKeys, freshKeys } from '../../lab/end-keys.js'
import { INNER, type Lab, type LabHost, QANAT, QANAT_OF_MODULES } from '../../lab/lab.js'
import type { Program } from '../../lab/program.js'
import type { Pair, System } from './system.js'

const PORT = 1337
/**
 * Options of node for the ends, such as `--cpu-prof`, which NODE_OPTIONS does not take everywhere. With them the program of
 * modules runs, not the bundle, so that what looks at functions finds each in its own file.
 */
export const NODE_OPTIONS_VARIABLE = 'QANAT_BENCH_NODE_OPTIONS'
const [NEAR, FAR] = INNER.ipv4

/** How a tunnel of Qanat's is made. */
export interface QanatTunnel {
  readonly scheme: 'udp' | 'tcp' | 'ws' | 'wss'
  readonly cipher: string
  /** Without koffi. */
  readonly portable?: boolean
  /** Further options of both ends. */
  readonly options?: readonly string[]
}

/** A tunnel between two ends of Qanat's. */
export function qanat(name: string, tunnel: QanatTunnel, quick = false): System {
  const { scheme, cipher, portable } = tunnel
  return {
    name,
    summary: `Qanat, ${scheme}, ${cipher}${portable ? ', --no-native' : ''}`,
    programs: scheme === 'wss' ? ['openssl'] : [],
    source: 'apt install openssl',
    quick,
    onNode: true,
    prepare: (lab, folder) => new QanatPair(lab, folder, tunnel),
  }
}

/** Starts an end of Qanat's on a host. */
export function startQanat(host: LabHost, options: readonly string[]): Program {
  const node = process.env[NODE_OPTIONS_VARIABLE]?.split(' ')
  const program = node === undefined ? [QANAT] : [...node, QANAT_OF_MODULES]
  return host.start(process.execPath, [...program, ...options])
}

/** The options that give keys to an end; they are written to a file in the folder. */
export function keyOptions(folder: string, name: string, keys: EndKeys, peer: string): string[] {
  const file = join(folder, name)
  writeFileSync(file, 'shared' in keys ? keys.shared : keys.privateKey, { mode: 0o600 })
  return 'shared' in keys
    ? ['--key-file', file]
    : ['--private-key-file', file, '--peer-key', keys.peerKey, '--allowed-ips', `${peer}/32`]
}

class QanatPair implements Pair {
  readonly addresses = INNER.ipv4
  readonly #lab: Lab
  readonly #nearOptions: readonly string[]
  readonly #farOptions: readonly string[]

  constructor(lab: Lab, folder: string, { scheme, cipher, portable, options = [] }: QanatTunnel) {
    this.#lab = lab
    const keys = freshKeys(cipher)
    const path = scheme === 'ws' || scheme === 'wss' ? '/tunnel' : ''
    const endpoint = `${scheme}://${lab.far.ipv4}:${PORT}${path}`
    const common = [
      '--cipher',
      cipher,
      '--log-level',
      'info',
      ...(portable ? ['--no-native'] : []),
      ...options,
    ]
    const tls = scheme === 'wss' ? this.#certify(lab.far.ipv4) : { near: [], far: [] }
    const near = keyOptions(folder, 'near', keys.near, FAR)
    const far = keyOptions(folder, 'far', keys.far, NEAR)
    this.#nearOptions = [NEAR, FAR, ...common, ...near, '-p', endpoint, ...tls.near]
    this.#farOptions = [FAR, NEAR, ...common, ...far, '--listen', endpoint, ...tls.far]
    // XOR has no handshake that would tell the far end where its peer is.
    if (cipher === 'xor') this.#farOptions = [...this.#farOptions, '-p', `udp://${lab.near.ipv4}:${PORT}`]
  }

  async startFar(): Promise<Program> {
    const far = startQanat(this.#lab.far, this.#farOptions)
    await far.line('listening')
    return far
  }

  async startNear(): Promise<Program> {
    return startQanat(this.#lab.near, this.#nearOptions)
  }

  #certify(address: string): { near: string[]; far: string[] } {
    const authority = new TestAuthority()
    const { certFile, keyFile } = authority.issue(address)
    const far = ['--tls-cert', certFile, '--tls-key', keyFile]
    return { near: ['--tls-ca', authority.caFile], far }
  }
}
