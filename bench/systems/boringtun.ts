import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { INNER, type Lab, type LabHost } from '../../lab/lab.js'
import type { Program } from '../../lab/program.js'
import { generatePrivateKey, publicKeyOf } from '../../src/ciphers/keys/keys.js'
import type { Pair, System } from './system.js'

const BORINGTUN = process.env.BORINGTUN ?? 'boringtun-cli'
const PORT = '51820'
/** As many as the machine that it is compared on has cores. */
const THREADS = '2'
/** Seconds. The dialling end starts its handshake only when the first keepalive is due. */
const KEEPALIVE = '1'
/** Where an interface is configured: one socket for each, in all network namespaces together. */
const SOCKETS = '/var/run/wireguard'
const [NEAR, FAR] = INNER.ipv4

/** boringtun at both ends: WireGuard in user space, in Rust. */
export const boringTun: System = {
  name: 'boringtun',
  summary: `boringtun at both ends, udp, chacha20-poly1305, ${THREADS} threads`,
  programs: [BORINGTUN, 'wg'],
  source: "'cargo install boringtun-cli --locked', named by BORINGTUN, and 'apt install wireguard-tools'",
  prepare: (lab, folder) => new BoringTunPair(lab, folder),
}

class BoringTunPair implements Pair {
  readonly addresses = INNER.ipv4
  readonly #lab: Lab
  readonly #folder: string
  readonly #interfaces: string[] = []
  readonly #keys = { near: generatePrivateKey(), far: generatePrivateKey() }

  constructor(lab: Lab, folder: string) {
    this.#lab = lab
    this.#folder = folder
  }

  startFar(): Promise<Program> {
    const { near, far } = this.#keys
    return this.#start(this.#lab.far, far, near, [FAR, NEAR], [])
  }

  startNear(): Promise<Program> {
    const { near, far } = this.#keys
    const endpoint = ['endpoint', `${this.#lab.far.ipv4}:${PORT}`, 'persistent-keepalive', KEEPALIVE]
    return this.#start(this.#lab.near, near, far, [NEAR, FAR], endpoint)
  }

  remove(): void {
    for (const name of this.#interfaces.splice(0)) rmSync(join(SOCKETS, `${name}.sock`), { force: true })
  }

  async #start(
    host: LabHost,
    privateKey: string,
    peer: string,
    [own, others]: readonly [string, string],
    endpoint: readonly string[],
  ): Promise<Program> {
    const name = `bt${randomBytes(4).toString('hex')}`
    this.#interfaces.push(name)
    const key = join(this.#folder, name)
    writeFileSync(key, privateKey, { mode: 0o600 })
    const options = ['--foreground', '--threads', THREADS, '--disable-drop-privileges', '--verbosity', 'info']
    const program = host.start(BORINGTUN, [...options, name])
    await program.line('started successfully', 'stdout')
    const settings = ['listen-port', PORT, 'private-key', key, 'peer', publicKeyOf(peer)]
    await host.run('wg', 'set', name, ...settings, 'allowed-ips', `${others}/32`, ...endpoint)
    await host.run('ip', 'address', 'add', `${own}/24`, 'dev', name)
    await host.run('ip', 'link', 'set', name, 'mtu', '1420', 'up')
    return program
  }
}
