import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type LabHost, QANAT, REACHED } from '../../../../lab/lab.js'
import type { Program } from '../../../../lab/program.js'
import type { Server } from '../../../../lab/servers/server.js'
import { temporaryFolder } from '../../../../lab/temporary-folder.js'
import { WireGuardGo } from '../../../../lab/wireguard-go.js'
import { generatePrivateKey, publicKeyOf } from '../../../../src/ciphers/keys/keys.js'
import { startTinyproxy } from '../../../e2e/servers/tinyproxy.js'
import { StarLab } from './star-lab.js'

/** How a client comes: by Qanat over one of three carriers, the last through a proxy, or as a plain WireGuard. */
export const CARRIERS = ['udp', 'tcp', 'ws', 'wireguard'] as const
export type HubCarrier = (typeof CARRIERS)[number]

const PORTS = { udp: 51820, tcp: 51821, ws: 8080, proxy: 3128 } as const
const PROXY_LOGIN = { user: 'lab', password: 'secret' } as const
/** The inner network, and what is behind the server in it. */
const NETWORKS = ['10.66.0.0/24', 'fd66::/64'] as const
/** The server's inner addresses. */
export const HUB = { ipv4: '10.66.0.1', ipv6: 'fd66::1' } as const

/** A client of the server's that is never there, and a network that is nobody's. */
export const ABSENT = { ipv4: '10.66.0.200', ipv6: 'fd66::200', beyond: '10.77.0.1' } as const

/** One of the clients. */
export class HubClient {
  /** From 1. */
  readonly number: number
  readonly carrier: HubCarrier
  readonly host: LabHost
  readonly privateKey = generatePrivateKey()
  wireguard: WireGuardGo | undefined

  constructor(number: number, carrier: HubCarrier, host: LabHost) {
    this.number = number
    this.carrier = carrier
    this.host = host
  }

  get name(): string {
    return `client ${this.number} by ${this.carrier}`
  }

  get ipv4(): string {
    return `10.66.0.${this.number + 1}`
  }

  get ipv6(): string {
    return `fd66::${(this.number + 1).toString(16)}`
  }
}

/** A server with many clients, each on a host of its own, and the file that says who they are. */
export class HubLab {
  readonly clients: readonly HubClient[]
  readonly #star: StarLab
  readonly #key = generatePrivateKey()
  readonly #absentKey = generatePrivateKey()
  readonly #folder = temporaryFolder()
  #proxy: Server | undefined

  constructor(count: number) {
    this.#star = new StarLab(count)
    this.clients = this.#star.others.map(
      (host, index) => new HubClient(index + 1, CARRIERS[index % CARRIERS.length]!, host),
    )
  }

  get server(): LabHost {
    return this.#star.middle
  }

  /** Starts the server, for these clients, and the proxy. */
  async startServer(clients: readonly HubClient[]): Promise<Program> {
    const { user, password } = PROXY_LOGIN
    this.#proxy = await startTinyproxy(user, password, { host: this.server, port: PORTS.proxy })
    this.#write(clients, false)
    const server = this.server.start(process.execPath, [QANAT, 'up', this.#file('hub')], this.#options)
    await server.line(`"endpoint":"ws://`)
    return server
  }

  /** Has the server take over a file with these clients. */
  async reload(clients: readonly HubClient[], isolate = false): Promise<void> {
    this.#write(clients, isolate)
    await this.server.start(process.execPath, [QANAT, 'reload', this.#file('hub')], this.#options).output()
  }

  /** How many packets the server dropped by a cause. */
  async dropped(cause: string): Promise<number> {
    const args = [QANAT, 'status', this.#file('hub'), '--json']
    const { tunnels } = JSON.parse(await this.server.start(process.execPath, args, this.#options).output())
    return tunnels[0].drops[cause] ?? 0
  }

  /** Starts clients, a few at a time, since each takes a moment of a processor. */
  async startClients(clients: readonly HubClient[]): Promise<void> {
    const waiting = [...clients]
    const one = async () => {
      for (let client = waiting.shift(); client !== undefined; client = waiting.shift())
        await this.#startClient(client)
    }
    await Promise.all([one(), one(), one(), one()])
  }

  async remove(): Promise<void> {
    await Promise.all(this.clients.map(({ wireguard }) => wireguard?.kill()))
    await this.#proxy?.stop()
    await this.#star.clear()
    this.#star.remove()
  }

  async #startClient(client: HubClient): Promise<void> {
    if (client.carrier === 'wireguard') {
      client.wireguard = await WireGuardGo.start(client.host, {
        privateKey: client.privateKey,
        listenPort: PORTS.udp,
        addresses: [`${client.ipv4}/24`, `${client.ipv6}/64`],
        peerKey: publicKeyOf(this.#key),
        allowedIps: NETWORKS,
        endpoint: `${this.server.ipv4}:${PORTS.udp}`,
        keepalive: 25,
      })
      return
    }
    // Its addresses are handed to it by the server.
    const [name, { user, password }] = [`client${client.number}`, PROXY_LOGIN]
    const isWs = client.carrier === 'ws'
    this.#writeFile(name, [
      '[interface]',
      `private-key = "${client.privateKey}"`,
      '[[peer]]',
      `public-key = "${publicKeyOf(this.#key)}"`,
      `allowed-ips = ${JSON.stringify(NETWORKS)}`,
      'accept = ["addresses"]',
      `endpoints = ["${client.carrier}://${this.server.ipv4}:${PORTS[client.carrier]}${isWs ? '/tunnel' : ''}"]`,
      `proxy = "${isWs ? `http://${user}:${password}@${this.server.ipv4}:${PORTS.proxy}` : 'none'}"`,
    ])
    const program = client.host.start(process.execPath, [QANAT, 'up', this.#file(name)], this.#options)
    await program.line(REACHED)
    await program.line('settings of the server applied')
  }

  #write(clients: readonly HubClient[], isolate: boolean): void {
    this.#writeFile('hub', [
      '[interface]',
      `private-key = "${this.#key}"`,
      `address = ["${HUB.ipv4}/24", "${HUB.ipv6}/64"]`,
      `listen = ["udp://[::]:${PORTS.udp}", "tcp://[::]:${PORTS.tcp}", "ws://[::]:${PORTS.ws}/tunnel"]`,
      'forward = true',
      '[server]',
      `isolate-clients = ${isolate}`,
      ...clients.flatMap(({ ipv4, ipv6, name, privateKey }) => [
        '[[peer]]',
        `name = "${name}"`,
        `public-key = "${publicKeyOf(privateKey)}"`,
        `allowed-ips = ["${ipv4}/32", "${ipv6}/128"]`,
      ]),
      '[[peer]]',
      `public-key = "${publicKeyOf(this.#absentKey)}"`,
      `allowed-ips = ["${ABSENT.ipv4}/32", "${ABSENT.ipv6}/128"]`,
    ])
  }

  #writeFile(name: string, lines: readonly string[]): void {
    writeFileSync(this.#file(name), `${lines.join('\n')}\n`, { mode: 0o600 })
  }

  #file(name: string): string {
    return join(this.#folder, `${name}.toml`)
  }

  get #options() {
    return { env: { ...process.env, RUNTIME_DIRECTORY: this.#folder } }
  }
}
