import { EventEmitter } from 'node:events'
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
import { notRunning } from '../tunnel/reload.js'
import type { TunnelStatus } from '../tunnel/status.js'
import { Tunnel } from '../tunnel/tunnel.js'
import { readObject } from './read-object.js'

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
  readonly #log: Logger
  readonly #folder: string
  readonly #staysOnCpu: boolean
  #config: TunnelConfig
  #starting: Promise<Tunnel> | undefined
  #tunnel: Tunnel | undefined
  readonly #abort = new AbortController()

  /** @throws ConfigError that tells all that is wrong with the configuration. */
  constructor(
    config: Configuration,
    { log = silentLogger, folder = process.cwd(), stayOnCpu = false }: TunnelOptions = {},
  ) {
    super()
    this.#staysOnCpu = stayOnCpu
    this.#log = redactingLogger(log)
    this.#folder = folder
    this.#config = this.#read(config)
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
    const next = this.#read(config)
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
    const container = await createContainer(this.#log, this.#config.plugins, this.#config.pluginOptions)
    const onPeerEvent = (change: PeerLinkChange, peer: Peer) => this.#tell(change, this.#eventOf(peer))
    const tunnel = await Tunnel.start(container, this.#config, this.#abort.signal, { onPeerEvent })
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

  #read(object: Configuration): TunnelConfig {
    const { config, model, remarks } = readObject(object, this.#folder)
    for (const { text } of remarks) this.#log.warn(text)
    if (model.interface.user !== undefined) {
      const why = 'the process belongs to the program that the tunnel is part of'
      throw new ConfigError(`Cannot switch to user '${model.interface.user}': ${why}`, {
        code: 'ERR_CONFIG_VALUE',
      })
    }
    return config
  }
}
