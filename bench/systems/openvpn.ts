import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { INNER, type Lab, type LabHost } from '../../lab/lab.js'
import type { Program } from '../../lab/program.js'
import type { Pair, System } from './system.js'

const PORT = '1194'
const [NEAR, FAR] = INNER.ipv4
const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** OpenVPN 2.6 between two ends that know the fingerprints of each other's certificates. */
export function openVpn(name: string, proto: 'udp' | 'tcp'): System {
  return {
    name,
    summary: `OpenVPN, ${proto}, aes-256-gcm, no kernel module`,
    programs: ['openvpn', 'openssl'],
    source: 'apt install openvpn openssl',
    prepare: (lab, folder) => new OpenVpnPair(lab, folder, proto),
  }
}

class OpenVpnPair implements Pair {
  readonly addresses = INNER.ipv4
  readonly #lab: Lab
  readonly #folder: string
  readonly #proto: string

  constructor(lab: Lab, folder: string, proto: 'udp' | 'tcp') {
    this.#lab = lab
    this.#folder = folder
    this.#proto = proto
    for (const name of ['near', 'far']) this.#certify(name)
  }

  async startFar(): Promise<Program> {
    const proto = this.#proto === 'tcp' ? 'tcp-server' : 'udp'
    const addresses = ['--local', this.#lab.far.ipv4, '--lport', PORT, '--ifconfig', FAR, NEAR]
    const options = ['--tls-server', '--dh', 'none', '--proto', proto, ...addresses]
    const far = this.#start(this.#lab.far, 'far', 'near', options)
    await far.line(this.#proto === 'tcp' ? 'Listening for incoming' : 'link local', 'stdout')
    return far
  }

  async startNear(): Promise<Program> {
    const proto = this.#proto === 'tcp' ? 'tcp-client' : 'udp'
    const remote = ['--nobind', '--remote', this.#lab.far.ipv4, PORT, '--ifconfig', NEAR, FAR]
    return this.#start(this.#lab.near, 'near', 'far', ['--tls-client', '--proto', proto, ...remote])
  }

  #start(host: LabHost, own: string, peer: string, options: readonly string[]): Program {
    const fingerprint = new X509Certificate(readFileSync(this.#file(`${peer}.pem`))).fingerprint256
    const keys = ['--cert', this.#file(`${own}.pem`), '--key', this.#file(`${own}.key`)]
    const tunnel = ['--dev', 'tun', '--tun-mtu', '1420', '--data-ciphers', 'AES-256-GCM', '--disable-dco']
    return host.start('openvpn', [...tunnel, ...keys, '--peer-fingerprint', fingerprint, ...options])
  }

  #certify(name: string): void {
    const files = ['-keyout', this.#file(`${name}.key`), '-out', this.#file(`${name}.pem`)]
    writeFileSync(this.#file(`${name}.key`), '', { mode: 0o600 })
    const subject = ['-subj', `/CN=${name}`, '-days', '2']
    execFileSync('openssl', ['req', '-x509', ...CURVE, ...files, ...subject], { stdio: 'pipe' })
  }

  #file(name: string): string {
    return join(this.#folder, name)
  }
}
