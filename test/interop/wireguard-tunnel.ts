import { INNER, Lab, type LabHost } from '../../lab/lab.js'
import type { Program } from '../../lab/program.js'
import { WireGuardGo } from '../../lab/wireguard-go.js'
import { Identities } from '../support/e2e/identities.js'
import type { Requirement } from '../support/e2e/requirements.js'

/** What tests against wireguard-go need of the machine. */
export const NEEDS: readonly Requirement[] = [
  'root',
  '/dev/net/tun',
  'program ip',
  'program ping',
  'program wg',
  'program wireguard-go',
]

export const [OURS4, THEIRS4] = INNER.ipv4
export const [OURS6, THEIRS6] = INNER.ipv6

/** UDP ports of Qanat and of wireguard-go. */
export const OUR_PORT = 1337
export const THEIR_PORT = 51820

/** Milliseconds after which wireguard-go and Qanat agree that nobody is there any more, and until they have new keys. */
const RESTART_LIMIT = 20_000

/** How a tunnel differs from one that Qanat calls over IPv4 and that has no preshared key. */
export interface WireGuardTunnelOptions {
  /** Who is told where the other one is. */
  readonly caller?: 'Qanat' | 'wireguard-go' | 'each'
  readonly outside?: 'ipv4' | 'ipv6'
  readonly presharedKey?: boolean
  /** Further options of Qanat. */
  readonly qanat?: readonly string[]
}

/** A tunnel with Qanat at the near host and wireguard-go at the far one. */
export class WireGuardTunnel {
  readonly near: LabHost
  readonly far: LabHost
  readonly keys = new Identities()
  qanat!: Program
  wireguard!: WireGuardGo
  readonly #lab = new Lab()
  readonly #options: WireGuardTunnelOptions

  private constructor(options: WireGuardTunnelOptions) {
    this.#options = options
    this.near = this.#lab.near
    this.far = this.#lab.far
  }

  /** Runs a test with a tunnel of its own, of which nothing is left behind. */
  static async with(
    options: WireGuardTunnelOptions,
    test: (tunnel: WireGuardTunnel) => Promise<void>,
  ): Promise<void> {
    const tunnel = new WireGuardTunnel(options)
    try {
      await tunnel.startWireGuard()
      await tunnel.startQanat()
      await test(tunnel)
    } finally {
      await tunnel.wireguard?.kill()
      await tunnel.#lab.clear()
      tunnel.#lab.remove()
    }
  }

  /** Whether Qanat is told where wireguard-go is. */
  get weCall(): boolean {
    return (this.#options.caller ?? 'Qanat') !== 'wireguard-go'
  }

  async startWireGuard(): Promise<void> {
    const { keys, near } = this
    this.wireguard = await WireGuardGo.start(this.far, {
      privateKey: keys.far.privateKey,
      listenPort: THEIR_PORT,
      addresses: [`${THEIRS4}/24`, `${THEIRS6}/64`],
      peerKey: keys.near.publicKey,
      presharedKey: this.#options.presharedKey ? keys.sharedKey : undefined,
      allowedIps: [`${OURS4}/32`, `${OURS6}/128`],
      endpoint: (this.#options.caller ?? 'Qanat') === 'Qanat' ? undefined : this.#at(near, OUR_PORT),
    })
  }

  async startQanat(): Promise<void> {
    const { far, keys } = this
    this.qanat = this.near.qanat(
      ...['--private-key-file', keys.near.file, '--peer-key', keys.far.publicKey],
      ...(this.#options.presharedKey ? ['--psk-file', keys.sharedFile] : []),
      ...['--address', `${OURS4}/24,${OURS6}/64`, '--allowed-ips', `${THEIRS4}/32,${THEIRS6}/128`],
      ...(this.weCall ? ['-p', this.#at(far, THEIR_PORT)] : []),
      ...(this.#options.qanat ?? []),
    )
    await this.qanat.line(this.weCall ? 'TUN device is up' : 'listening')
  }

  /** Waits until the caller's pings are answered, as after a restart. */
  async answers(): Promise<void> {
    const [host, address] = this.weCall ? ([this.near, THEIRS4] as const) : ([this.far, OURS4] as const)
    const seconds = String(RESTART_LIMIT / 1000)
    await host.start('ping', ['-i', '0.2', '-c', '1', '-w', seconds, address]).output(RESTART_LIMIT + 5_000)
  }

  #at(host: LabHost, port: number): string {
    return `${this.#options.outside === 'ipv6' ? `[${host.ipv6}]` : host.ipv4}:${port}`
  }
}
