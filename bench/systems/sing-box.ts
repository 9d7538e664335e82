import { randomBytes, randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TestAuthority } from '../../lab/certificates.js'
import type { Lab, LabHost } from '../../lab/lab.js'
import type { Program } from '../../lab/program.js'
import type { Pair, System } from './system.js'

const SING_BOX = process.env.SING_BOX ?? 'sing-box'
const PORT = 8443
/** Of the TUN device at the near end; the far end has none. */
const NEAR = '172.18.0.1'
/** On the far end's loopback, so that only the tunnel leads there. */
const FAR = '10.77.0.1'
const SHADOWSOCKS = '2022-blake3-aes-256-gcm'

/** How the streams travel. */
export type SingBoxProtocol = 'shadowsocks' | 'vless-wss'

/** sing-box: a TUN device whose TCP streams are terminated, proxied one by one, and dialled anew at the far end. */
export function singBox(protocol: SingBoxProtocol): System {
  return {
    name: `sing-box-${protocol}`,
    summary: `sing-box, TCP only, ${protocol === 'vless-wss' ? 'VLESS over wss' : `shadowsocks, ${SHADOWSOCKS}`}`,
    programs: protocol === 'vless-wss' ? [SING_BOX, 'openssl'] : [SING_BOX],
    source:
      "'go install -tags with_gvisor github.com/sagernet/sing-box/cmd/sing-box@latest', named by SING_BOX",
    tcpOnly: true,
    prepare: (lab, folder) => new SingBoxPair(lab, folder, protocol),
  }
}

class SingBoxPair implements Pair {
  readonly addresses = [NEAR, FAR] as const
  readonly #lab: Lab
  readonly #folder: string

  constructor(lab: Lab, folder: string, protocol: SingBoxProtocol) {
    this.#lab = lab
    this.#folder = folder
    const { near, far } = protocol === 'shadowsocks' ? shadowsocks() : this.#vlessOverWss(lab.far.ipv4)
    this.#write('far', {
      inbounds: [{ ...far, listen: '0.0.0.0', listen_port: PORT }],
      outbounds: [{ type: 'direct' }],
    })
    const tun = {
      type: 'tun',
      interface_name: 'sing0',
      address: [`${NEAR}/30`],
      mtu: 1420,
      auto_route: true,
      route_address: [`${FAR}/32`],
      stack: 'system',
    }
    this.#write('near', {
      inbounds: [tun],
      outbounds: [{ ...near, server: lab.far.ipv4, server_port: PORT }],
    })
  }

  async startFar(): Promise<Program> {
    const { far } = this.#lab
    await far.run('ip', 'address', 'add', `${FAR}/32`, 'dev', 'lo')
    return this.#start(far, 'far')
  }

  startNear(): Promise<Program> {
    return this.#start(this.#lab.near, 'near')
  }

  async #start(host: LabHost, name: 'near' | 'far'): Promise<Program> {
    const program = host.start(SING_BOX, ['run', '--config', this.#file(name)])
    await program.line('sing-box started')
    return program
  }

  #write(name: 'near' | 'far', settings: object): void {
    const log = { level: 'info' }
    writeFileSync(this.#file(name), JSON.stringify({ log, ...settings }), { mode: 0o600 })
  }

  #file(name: 'near' | 'far'): string {
    return join(this.#folder, `${name}.json`)
  }

  #vlessOverWss(address: string) {
    const authority = new TestAuthority()
    const { certFile, keyFile } = authority.issue(address)
    const uuid = randomUUID()
    const common = { type: 'vless', transport: { type: 'ws', path: '/tunnel' } }
    const near = { enabled: true, server_name: address, certificate_path: authority.caFile }
    const far = { enabled: true, certificate_path: certFile, key_path: keyFile }
    return { near: { ...common, uuid, tls: near }, far: { ...common, users: [{ uuid }], tls: far } }
  }
}

function shadowsocks() {
  const both = { type: 'shadowsocks', method: SHADOWSOCKS, password: randomBytes(32).toString('base64') }
  return { near: both, far: both }
}
