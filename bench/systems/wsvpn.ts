import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TestAuthority } from '../../lab/certificates.js'
import type { Lab, LabHost } from '../../lab/lab.js'
import type { Program } from '../../lab/program.js'
import type { Pair, System } from './system.js'

const WSVPN = process.env.WSVPN ?? 'wsvpn'
const PORT = 9000
const SUBNET = '10.0.0.0/24'
/** The server takes the first address of its subnet, the first client the next one. */
const [FAR, NEAR] = ['10.0.0.1', '10.0.0.2'] as const

/** wsvpn. It encrypts nothing by itself: over ws its packets are readable. */
export function wsVpn(scheme: 'ws' | 'wss'): System {
  return {
    name: `wsvpn-${scheme}`,
    summary: `wsvpn, ${scheme}${scheme === 'ws' ? ', not encrypted' : ''}`,
    programs: scheme === 'wss' ? [WSVPN, 'openssl'] : [WSVPN],
    source: "'go build -o wsvpn ./wsvpn' in a clone of github.com/Doridian/wsvpn, named by WSVPN",
    prepare: (lab, folder) => new WsVpnPair(lab, folder, scheme),
  }
}

class WsVpnPair implements Pair {
  readonly addresses = [NEAR, FAR] as const
  readonly #lab: Lab
  readonly #folder: string

  constructor(lab: Lab, folder: string, scheme: 'ws' | 'wss') {
    this.#lab = lab
    this.#folder = folder
    const tls = scheme === 'wss' ? this.#certify(lab.far.ipv4) : { near: {}, far: {} }
    const tunnel = { mtu: 1420, subnet: SUBNET, mode: 'TUN' }
    this.#write('server', { tunnel, server: { listen: `0.0.0.0:${PORT}`, ...tls.far } })
    this.#write('client', { client: { server: `${scheme}://${lab.far.ipv4}:${PORT}`, ...tls.near } })
  }

  async startFar(): Promise<Program> {
    const far = this.#start(this.#lab.far, 'server')
    await far.line('VPN server online')
    return far
  }

  async startNear(): Promise<Program> {
    return this.#start(this.#lab.near, 'client')
  }

  #start(host: LabHost, mode: 'server' | 'client'): Program {
    return host.start(WSVPN, ['--mode', mode, '--config', this.#file(mode)])
  }

  /** JSON is YAML. */
  #write(mode: 'server' | 'client', settings: object): void {
    writeFileSync(this.#file(mode), JSON.stringify(settings), { mode: 0o600 })
  }

  #file(mode: 'server' | 'client'): string {
    return join(this.#folder, `${mode}.yml`)
  }

  #certify(address: string) {
    const authority = new TestAuthority()
    const { certFile, keyFile } = authority.issue(address)
    return {
      near: { tls: { ca: authority.caFile } },
      far: { tls: { certificate: certFile, key: keyFile } },
    }
  }
}
