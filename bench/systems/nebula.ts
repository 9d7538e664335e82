import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { INNER, type Lab, type LabHost } from '../../lab/lab.js'
import type { Program } from '../../lab/program.js'
import type { Pair, System } from './system.js'

const PORT = 4242
const [NEAR, FAR] = INNER.ipv4

/** nebula; the far end is the lighthouse. */
export const nebula: System = {
  name: 'nebula',
  summary: 'nebula, udp, aes-256-gcm',
  programs: ['nebula', 'nebula-cert'],
  source: 'apt install nebula',
  prepare: (lab, folder) => new NebulaPair(lab, folder),
}

class NebulaPair implements Pair {
  readonly addresses = INNER.ipv4
  readonly #lab: Lab
  readonly #folder: string

  constructor(lab: Lab, folder: string) {
    this.#lab = lab
    this.#folder = folder
    const certify = (...args: string[]) => execFileSync('nebula-cert', args, { cwd: folder, stdio: 'pipe' })
    certify('ca', '-name', 'bench')
    certify('sign', '-name', 'near', '-ip', `${NEAR}/24`)
    certify('sign', '-name', 'far', '-ip', `${FAR}/24`)
  }

  async startFar(): Promise<Program> {
    const far = this.#start(this.#lab.far, 'far', true)
    await far.line('Nebula interface is active', 'stdout')
    return far
  }

  async startNear(): Promise<Program> {
    return this.#start(this.#lab.near, 'near', false)
  }

  /** JSON is YAML. */
  #start(host: LabHost, name: string, isLighthouse: boolean): Program {
    const file = join(this.#folder, `${name}.yml`)
    const any = [{ port: 'any', proto: 'any', host: 'any' }]
    const config = {
      pki: { ca: this.#file('ca.crt'), cert: this.#file(`${name}.crt`), key: this.#file(`${name}.key`) },
      static_host_map: isLighthouse ? {} : { [FAR]: [`${this.#lab.far.ipv4}:${PORT}`] },
      lighthouse: isLighthouse ? { am_lighthouse: true } : { interval: 1, hosts: [FAR] },
      listen: { host: host.ipv4, port: PORT },
      tun: { mtu: 1420 },
      cipher: 'aes',
      firewall: { outbound: any, inbound: any },
      logging: { level: 'info' },
    }
    writeFileSync(file, JSON.stringify(config))
    return host.start('nebula', ['-config', file])
  }

  #file(name: string): string {
    return join(this.#folder, name)
  }
}
