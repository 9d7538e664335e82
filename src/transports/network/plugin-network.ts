import type { Logger } from '../../core/api/logger.js'
import type {
  Agents,
  HostAddress,
  LocalPlace,
  Network,
  NetworkWait,
  Place,
  Relay,
} from '../../core/plugin/network.js'
import type { Spawn } from '../../core/plugin/spawn.js'
import type { Clock } from '../../core/time/clock.js'
import type { CarrierParts } from '../shared/carrier-parts.js'
import { makeAgents } from './agents.js'
import { hostUrl } from './host-url.js'
import type { NodeTypes } from './node-types.js'
import { OpenThings } from './open-things.js'

/** What a plugin's network is made of. */
export interface PluginNetworkParts {
  readonly carriers: CarrierParts
  readonly clock: Clock
  readonly log: Logger
  /** Aborted when the tunnel is over. */
  readonly signal: AbortSignal
  readonly spawn: Spawn
}

// What is done with sockets is loaded when it is done: most plugins open none.

/** How a plugin reaches others: by the way out that built-in transports share. */
export class PluginNetwork implements Network {
  readonly #parts: PluginNetworkParts
  /** What is closed with the tunnel. */
  readonly #open: OpenThings
  readonly spawn: Spawn
  #agents: Agents | undefined

  constructor(parts: PluginNetworkParts) {
    this.#parts = parts
    this.spawn = parts.spawn
    this.#open = new OpenThings(parts.signal)
  }

  get agent(): Agents {
    this.#agents ??= makeAgents((remote) => this.connect(remote))
    return this.#agents
  }

  async resolve(host: string): Promise<readonly HostAddress[]> {
    const { resolve } = await this.#parts.carriers.egress()
    return resolve(hostUrl(host, 0))
  }

  async connect(remote: Place | LocalPlace, wait?: NetworkWait): Promise<NodeTypes['Socket']> {
    const { connectLocally, connectOut } = await import('./connect-out.js')
    const ways = await this.#ways(wait)
    return 'path' in remote ? connectLocally(remote, ways) : connectOut(remote, ways)
  }

  async tls(
    remote: Place,
    options: NodeTypes['TlsOptions'] = {},
    wait?: NetworkWait,
  ): Promise<NodeTypes['TlsSocket']> {
    const { secureOut } = await import('./connect-out.js')
    return secureOut(remote, options, await this.#ways(wait))
  }

  async listen(local: Place, accept: (socket: NodeTypes['Socket']) => unknown): Promise<NodeTypes['Server']> {
    const { listenAt } = await import('./listen-at.js')
    return listenAt(local, accept, { ...(await this.#ways()), log: this.#parts.log })
  }

  async bindUdp({ host = '0.0.0.0', port = 0 }: Partial<Place> = {}): Promise<NodeTypes['UdpSocket']> {
    const { bindUdpAt } = await import('./bind-udp-at.js')
    return bindUdpAt({ host, port }, await this.#ways())
  }

  async relay(host: string, port: number): Promise<Relay> {
    const { openRelay } = await import('./relay.js')
    return openRelay({ connect: (signal) => this.connect({ host, port }, { signal }), open: this.#open })
  }

  async #ways({ signal, step }: NetworkWait = {}) {
    const { carriers, clock } = this.#parts
    const { mark = 0 } = carriers.settings
    const egress = await carriers.egress()
    return { clock, egress, mark, signal, step, open: this.#open }
  }
}
