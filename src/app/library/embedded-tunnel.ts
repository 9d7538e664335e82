import { EventEmitter } from 'node:events'
import type { DependencyContainer } from 'tsyringe'
import type { Admitted } from '../../config/build/configure.js'
import type { Configuration } from '../../config/schema/model.js'
import type { TunnelConfig } from '../../core/api/config.js'
import { asError, ConfigError } from '../../core/api/errors.js'
import { type Logger, silentLogger } from '../../core/api/logger.js'
import { redact, redactText } from '../../core/api/redact.js'
import { redactingLogger } from '../../core/api/redacting-logger.js'
import type { Peer, PeerLinkChange } from '../../core/peers/peers.js'
import { native } from '../../native/base/native.js'
import { stayOnCpu } from '../../native/base/stay-on-cpu.js'
import { createContainer } from '../container.js'
import { partTraitsOf, setOptions } from '../plugins/plugins.js'
import { notRunning } from '../tunnel/reload.js'
import type { TunnelStatus } from '../tunnel/status.js'
import { Tunnel } from '../tunnel/tunnel.js'
import { admitObject } from './read-object.js'

/** What a program may say besides the configuration. */
export interface TunnelOptions {
  /** Where log lines go; nowhere if absent. */
  readonly log?: Logger
  /** The folder that relative paths in the configuration begin at; the current one if absent. */
  readonly folder?: string
  /**
   * Keeps the process's main thread on its CPU while it carries few packets: shorter round trips, if carrying them is most
   * of what the process does. It lasts as long as the process, and needs koffi. False if absent.
   */
  readonly stayOnCpu?: boolean
}

/** A peer, when something about it changed. */
export interface PeerEvent {
  /** What the configuration calls it. */
  readonly name: string | null
  readonly id: string
  /** Where it is reached now; null if it is not. */
  readonly remote: string | null
  /** The endpoint in use; null if there is none, or the peer chose. */
  readonly endpoint: string | null
  readonly why: string
}

/** What a tunnel tells while it runs, in the order in which it happens. */
export interface TunnelEvents {
  /** It carries packets. */
  up: [{ readonly device: string }]
  reached: [PeerEvent]
  /** It is reached at another address, or by another endpoint. */
  moved: [PeerEvent]
  lost: [PeerEvent]
  /** Another configuration applied. */
  reloaded: []
  /** It is over, and the host is restored; with the error that stopped it, if it was one. */
  closed: [Error | undefined]
}

/**
 * A tunnel within another program. Listeners are called when the tunnel's own work is done, so they may use it; what
 * one throws is the program's own matter.
 */
export class EmbeddedTunnel extends EventEmitter<TunnelEvents> {
  readonly #container: DependencyContainer
  readonly #log: Logger
  readonly #folder: string
  readonly #staysOnCpu: boolean
  #config: TunnelConfig
  #starting: Promise<Tunnel> | undefined
  #tunnel: Tunnel | undefined
  readonly #abort = new AbortController()

  private constructor(parts: EmbeddedParts, config: TunnelConfig) {
    super()
    this.#container = parts.container
    this.#log = parts.log
    this.#folder = parts.folder
    this.#staysOnCpu = parts.stayOnCpu
    this.#config = config
  }

  /**
   * Loads the plugins that a configuration names, and makes its tunnel.
   *
   * @throws ConfigError that tells all that is wrong with the configuration, PluginError if a plugin cannot be used.
   */
  static async of(
    config: Configuration,
    { log: given = silentLogger, folder = process.cwd(), stayOnCpu = false }: TunnelOptions = {},
  ): Promise<EmbeddedTunnel> {
    const log = redactingLogger(given)
    const admitted = admitObject(config, folder)
    const container = await createContainer(log, admitted.plugins)
    const read = configOf(admitted, container, log)
    setOptions(container, read.pluginOptions)
    return new EmbeddedTunnel({ container, log, folder, stayOnCpu }, read)
  }

  /**
   * Opens the device and the sockets, and connects to the peers that have endpoints. Resolves once each of these has a
   * link or was tried in vain, which goes on, within 3 s. If no peer's name is known for a minute, and none may call, the
   * tunnel closes with that error.
   *
   * @throws QanatError if it cannot start; the host is restored then.
   */
  async start(): Promise<void> {
    this.#starting ??= this.#start()
    await this.#starting
  }

  /** What is known of the tunnel and its peers. @throws ConfigError if it does not run. */
  status(): TunnelStatus {
    if (this.#tunnel === undefined) throw notRunning()
    return this.#tunnel.status()
  }

  /**
   * Takes another configuration, as `qanat reload` does. Peers that stay as they are notice nothing.
   *
   * @throws QanatError if it is wrong, or asks for what cannot change while the tunnel runs; then all is as before.
   */
  async reload(config: Configuration): Promise<void> {
    if (this.#tunnel === undefined) throw notRunning()
    const next = configOf(admitObject(config, this.#folder), this.#container, this.#log)
    await this.#tunnel.reload(next)
    this.#config = next
    this.#tell('reloaded')
  }

  /** Idempotent. Resolves once the device, its addresses and all sockets are gone, and the host is restored. */
  async close(): Promise<void> {
    this.#abort.abort()
    await this.#starting?.catch(() => {}) // its caller is told
    await this.#tunnel?.close()
  }

  async #start(): Promise<Tunnel> {
    if (this.#staysOnCpu) this.#stayOnCpu()
    const onPeerEvent = (change: PeerLinkChange, peer: Peer) => this.#tell(change, this.#eventOf(peer))
    const tunnel = await Tunnel.start(this.#container, this.#config, this.#abort.signal, { onPeerEvent })
    this.#tunnel = tunnel
    this.#tell('up', { device: tunnel.device })
    tunnel.ended.then(
      () => this.#tell('closed', undefined),
      (thrown) => this.#tell('closed', asError(thrown)),
    )
    return tunnel
  }

  #stayOnCpu(): void {
    try {
      stayOnCpu(native())
    } catch (thrown) {
      this.#log.info('the kernel chooses the CPU', { why: asError(thrown).message })
    }
  }

  #eventOf({ chooser, id, remote, why }: Peer): PeerEvent {
    const name = this.#config.peers.find((peer) => peer.id === id)?.name
    const endpoint = chooser?.endpoint
    return {
      name: name ?? null,
      id,
      remote: remote === undefined ? null : redactText(remote),
      endpoint: endpoint === undefined ? null : redact(endpoint),
      why: redactText(why),
    }
  }

  /** Later: a peer's change is told in the midst of the pump's work, where no listener may be. */
  #tell<Name extends keyof TunnelEvents>(name: Name, ...values: TunnelEvents[Name]): void {
    queueMicrotask(() => {
      ;(this as EventEmitter).emit(name, ...values)
    })
  }
}

/** What a tunnel within a program is made of. */
interface EmbeddedParts {
  readonly container: DependencyContainer
  readonly log: Logger
  readonly folder: string
  readonly stayOnCpu: boolean
}

/** The whole of a configuration, of which the log tells what is odd. */
function configOf({ whole }: Admitted, container: DependencyContainer, log: Logger): TunnelConfig {
  const { config, model, remarks } = whole(partTraitsOf(container))
  for (const { text } of remarks) log.warn(text)
  if (model.interface.user === undefined) return config
  const why = 'the process belongs to the program that the tunnel is part of'
  throw new ConfigError(`Cannot switch to user '${model.interface.user}': ${why}`, {
    code: 'ERR_CONFIG_VALUE',
  })
}
