import type { DependencyContainer } from 'tsyringe'
import { PATIENCE } from '../../lab/deadline.js'
import { createContainer } from '../../src/app/container.js'
import { choosePlugin } from '../../src/app/plugins/plugins.js'
import { Tunnel } from '../../src/app/tunnel/tunnel.js'
import { generatePrivateKey, publicKeyOf } from '../../src/ciphers/keys/keys.js'
import type { PeerConfig, TunnelConfig } from '../../src/core/api/config.js'
import { type Logger, silentLogger } from '../../src/core/api/logger.js'
import { parseIpPrefix } from '../../src/core/ip/ip-prefix.js'
import type { Peer, PeerLinkChange } from '../../src/core/peers/peers.js'
import type { MemoryTunDriver } from '../../src/tun/memory.js'
import { turns } from './eventually.js'

export const never = new AbortController().signal

export const prefixes = (...texts: string[]) => texts.map((text) => parseIpPrefix(text)!)

/** An IPv4 packet between 10.0.0.SOURCE and 10.0.0.DESTINATION with a mark as its last byte. */
export function packet(source: number, destination: number, mark: number): Uint8Array {
  const bytes = new Uint8Array(24)
  bytes[0] = 0x45
  bytes[3] = bytes.length
  bytes.set([10, 0, 0, source, 10, 0, 0, destination], 12)
  bytes[23] = mark
  return bytes
}

let names = 0

/** Last bytes of packets that `reaches` sends; smaller ones are a test's own. */
export const LEAST_MARK = 100
const MARKS = 150

/** A hub at 10.0.0.1 that waits for clients, and clients at 10.0.0.2 and so on. */
export class MemoryNet {
  readonly hubName = `hub-${process.pid}-${names++}`
  readonly hubKey = generatePrivateKey()
  readonly tunnels: Tunnel[] = []
  readonly #container: DependencyContainer
  #mark = 0
  readonly #devices: MemoryTunDriver['devices']

  private constructor(container: DependencyContainer) {
    this.#container = container
    const driver = choosePlugin(container, 'TUN driver', 'memory').make(
      {},
      new AbortController().signal,
    ) as MemoryTunDriver
    this.#devices = driver.devices
  }

  static async make(log: Logger = silentLogger): Promise<MemoryNet> {
    return new MemoryNet(await createContainer(log, []))
  }

  config(privateKey: string, peers: readonly PeerConfig[], listen: readonly string[] = []): TunnelConfig {
    return {
      cipher: 'wireguard',
      privateKey,
      peers,
      listen: listen.map((text) => new URL(text)),
      tunDriver: 'memory',
      tun: { name: undefined, mtu: 1420, addresses: [], routes: peers.flatMap(({ allowed }) => allowed) },
      plugins: [],
    }
  }

  hub(...peers: readonly PeerConfig[]): TunnelConfig {
    return this.config(this.hubKey, peers, [`memory://${this.hubName}`])
  }

  async start(
    config: TunnelConfig,
    told?: (change: PeerLinkChange, peer: Peer) => void,
    toolsFolder?: string,
  ): Promise<Tunnel> {
    const tunnel = await Tunnel.start(this.#container, config, never, { onPeerEvent: told, toolsFolder })
    this.tunnels.push(tunnel)
    return tunnel
  }

  /** A client as the hub knows it, and its tunnel, once that is started. */
  client(number: number, presharedKey?: string) {
    const privateKey = generatePrivateKey()
    const peer: PeerConfig = {
      id: publicKeyOf(privateKey),
      allowed: prefixes(`10.0.0.${number}/32`),
      endpoints: [],
      presharedKey,
    }
    const hub: PeerConfig = {
      id: publicKeyOf(this.hubKey),
      allowed: prefixes('10.0.0.0/24'),
      endpoints: [new URL(`memory://${this.hubName}`)],
      presharedKey,
    }
    return {
      peer,
      config: this.config(privateKey, [hub]),
      start: (key = presharedKey) => this.start(this.config(privateKey, [{ ...hub, presharedKey: key }])),
    }
  }

  device(tunnel: Tunnel) {
    return this.#devices.get(tunnel.device)!
  }

  /** Lets packets leave one host until one arrives at the other. */
  async reaches(from: Tunnel, to: Tunnel, bytes: Uint8Array, patience = PATIENCE): Promise<boolean> {
    const { written } = this.device(to)
    bytes[bytes.length - 1] = LEAST_MARK + (this.#mark++ % MARKS) // what an earlier call sent may still be on its way
    const deadline = performance.now() + patience
    while (performance.now() < deadline) {
      written.length = 0
      this.device(from).inject(bytes)
      await turns()
      if (written.some((arrived) => Buffer.compare(arrived, bytes) === 0)) return true
    }
    return false
  }
}
