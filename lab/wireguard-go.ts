import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LabHost } from './lab.js'
import type { Program } from './program.js'

/** The program: another version than the one in PATH where this variable names it. */
export const WIREGUARD_GO = process.env.WIREGUARD_GO ?? 'wireguard-go'

/** Where wireguard-go is told what to do: one socket for each interface, in all network namespaces together. */
const SOCKETS = '/var/run/wireguard'

/** What a WireGuard is to be. */
export interface WireGuardSettings {
  readonly privateKey: string
  readonly listenPort: number
  /** Its inner addresses, with the bits of their networks. */
  readonly addresses: readonly string[]
  readonly peerKey: string
  readonly presharedKey?: string | undefined
  /** The peer's inner addresses. */
  readonly allowedIps: readonly string[]
  /** Where the peer is; absent if it is waited for. */
  readonly endpoint?: string | undefined
  /** Seconds after which something is sent, and at once. */
  readonly keepalive?: number | undefined
}

/** Debian's wireguard-go, on a host of the lab. */
export class WireGuardGo {
  readonly program: Program
  readonly #host: LabHost
  /** The interface's. */
  readonly name: string

  private constructor(host: LabHost, name: string, program: Program) {
    this.#host = host
    this.name = name
    this.program = program
  }

  static async start(host: LabHost, settings: WireGuardSettings): Promise<WireGuardGo> {
    const name = `wg${randomBytes(4).toString('hex')}`
    const env = { ...process.env, LOG_LEVEL: 'verbose' }
    const program = host.start(WIREGUARD_GO, ['--foreground', name], { env })
    const started = new WireGuardGo(host, name, program)
    await program.line('UAPI listener started', 'stdout')
    await started.#configure(settings)
    return started
  }

  /** Kills it, as a crash would. */
  async kill(): Promise<void> {
    this.program.kill('SIGKILL')
    await this.program.ending()
    this.removeSocket()
  }

  /** Removes what a killed one leaves behind. */
  removeSocket(): void {
    rmSync(join(SOCKETS, `${this.name}.sock`), { force: true })
  }

  /** Changes a setting, such as `listen-port`. */
  async set(...args: readonly string[]): Promise<void> {
    await this.#host.run('wg', 'set', this.name, ...args)
  }

  /** Where it sends to its peer now. */
  async endpoint(): Promise<string> {
    return (await this.#host.run('wg', 'show', this.name, 'endpoints')).split('\t')[1]!
  }

  /** How many handshakes succeeded so far. */
  get handshakes(): number {
    return this.program.stdout.filter((line) =>
      /Sending handshake response|Received handshake response/.test(line),
    ).length
  }

  async #configure(settings: WireGuardSettings): Promise<void> {
    const file = join(tmpdir(), `${this.name}.conf`)
    writeFileSync(file, configuration(settings), { mode: 0o600 })
    try {
      await this.#host.run('wg', 'setconf', this.name, file)
    } finally {
      rmSync(file)
    }
    for (const address of settings.addresses) {
      await this.#host.run('ip', 'address', 'add', address, 'dev', this.name)
    }
    await this.#host.run('ip', 'link', 'set', this.name, 'up')
  }
}

function configuration(settings: WireGuardSettings): string {
  const { allowedIps, endpoint, keepalive, listenPort, peerKey, presharedKey, privateKey } = settings
  return [
    '[Interface]',
    `PrivateKey = ${privateKey}`,
    `ListenPort = ${listenPort}`,
    '[Peer]',
    `PublicKey = ${peerKey}`,
    `AllowedIPs = ${allowedIps.join(', ')}`,
    ...(presharedKey === undefined ? [] : [`PresharedKey = ${presharedKey}`]),
    ...(endpoint === undefined ? [] : [`Endpoint = ${endpoint}`]),
    ...(keepalive === undefined ? [] : [`PersistentKeepalive = ${keepalive}`]),
    '',
  ].join('\n')
}
