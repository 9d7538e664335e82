import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { INNER, type Lab, type LabHost } from '../../lab/lab.js'
import type { Program } from '../../lab/program.js'
import type { Pair, System } from './system.js'

const PORT = 10_000
const [NEAR, FAR] = INNER.ipv4

/** fastd with its fastest authenticated method. */
export const fastd: System = {
  name: 'fastd',
  summary: 'fastd, udp, salsa2012+umac',
  programs: ['fastd'],
  source: 'apt install fastd',
  prepare: (lab, folder) => new FastdPair(lab, folder),
}

class FastdPair implements Pair {
  readonly addresses = INNER.ipv4
  readonly #lab: Lab
  readonly #folder: string
  readonly #keys = { near: generateKeys(), far: generateKeys() }

  constructor(lab: Lab, folder: string) {
    this.#lab = lab
    this.#folder = folder
  }

  async startFar(): Promise<Program> {
    const { near, far } = this.#keys
    const started = this.#start(this.#lab.far, far.secret, near.public, [FAR, NEAR], '')
    await started.line('bound to')
    return started
  }

  async startNear(): Promise<Program> {
    const { near, far } = this.#keys
    const remote = `remote ${this.#lab.far.ipv4}:${PORT};`
    return this.#start(this.#lab.near, near.secret, far.public, [NEAR, FAR], remote)
  }

  #start(
    host: LabHost,
    secret: string,
    peer: string,
    [own, others]: readonly [string, string],
    remote: string,
  ): Program {
    const file = join(this.#folder, `${own}.conf`)
    const lines = [
      'mode tun;',
      'log level verbose;',
      'method "salsa2012+umac";',
      'mtu 1420;',
      `bind ${host.ipv4}:${PORT};`,
      `secret "${secret}";`,
      `peer "peer" { key "${peer}"; ${remote} }`,
      `on up "ip link set $INTERFACE up; ip address add ${own} peer ${others} dev $INTERFACE";`,
    ]
    writeFileSync(file, lines.join('\n'), { mode: 0o600 })
    return host.start('fastd', ['--config', file])
  }
}

function generateKeys(): { secret: string; public: string } {
  const run = (option: string, input = '') =>
    execFileSync('fastd', ['--machine-readable', option, '--config', '-'], {
      input,
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim()
  const secret = run('--generate-key')
  return { secret, public: run('--show-key', `secret "${secret}";`) }
}
