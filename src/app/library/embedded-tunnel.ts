import { EventEmitter } from 'node:events'
import { resolve } from 'node:path'
import type { DependencyContainer } from 'tsyringe'
import type { Admitted } from '../../config/build/configure.js'
import type { Configuration } from '../../config/schema/configuration.js'
import { copied } from '../../config/schema/names.js'
import type { TunnelConfig } from '../../core/api/config.js'
import { asError, ConfigError, QanatError } from '../../core/api/errors.js'
import { type Logger, silentLogger } from '../../core/api/logger.js'
import { redact, redactText } from '../../core/api/redact.js'
import { redactingLogger } from '../../core/api/redacting-logger.js'
import type { Peer, PeerLinkChange } from '../../core/peers/peers.js'
import { systemClock } from '../../core/time/system-clock.js'
import { Turns } from '../../core/time/turns.js'
import { native } from '../../native/base/native.js'
import { stayOnCpu } from '../../native/base/stay-on-cpu.js'
import { createContainer } from '../container.js'
import { partTraitsOf, setOptions } from '../plugins/plugins.js'
import { type BegunRehearsal, beginRehearsal } from '../rehearsal/begin.js'
import { storeAt } from '../storage/storage-place.js'
import { notRunning } from '../tunnel/reload.js'
import type { TunnelStatus } from '../tunnel/status.js'
import { Tunnel } from '../tunnel/tunnel.js'
import { AwaitedPeers } from './awaited-peers.js'
import { deviceOf, forOwnDevice, leavingHost } from './own-device.js'
import { noSuchPeer, ownPeers, type TunnelPeers } from './own-peers.js'
import { admitObject } from './read-object.js'
import { TrafficWatch } from './traffic-watch.js'
import type { PeerEvent, TunnelEvents } from './tunnel-events.js'
import type { TunnelOptions } from './tunnel-options.js'

/**
 * A tunnel within another program. Listeners are called when the tunnel's own work is done, so they may use it; what
 * one throws is the program's own matter.
 */
export class EmbeddedTunnel extends EventEmitter<TunnelEvents> {
  /** Lets peers come, change and go. */
  readonly peers: TunnelPeers
  readonly #container: DependencyContainer
  readonly #options: TunnelOptions
  readonly #log: Logger
  /** What the program asked for last, of which a change of peers makes the next. */
  #asked: Configuration
  #config: TunnelConfig
  /** Those of the configuration in force, which no change of peers tells again. */
  #remarks: readonly string[] = []
  #starting: Promise<Tunnel> | undefined
  #tunnel: Tunnel | undefined
  #rehearsal: BegunRehearsal | undefined
  readonly #changes = new Turns()
  readonly #abort = new AbortController()
  /** Why it is over, once it is. */
  #over: Error | undefined
  readonly #awaited = new AwaitedPeers()
  readonly #watch: TrafficWatch

  private constructor(
    container: DependencyContainer,
    log: Logger,
    asked: Configuration,
    options: TunnelOptions,
  ) {
    super()
    this.#container = container
    this.#options = options
    this.#log = log
    this.#asked = asked
    this.#config = this.#whole(admittedBy(asked, options))
    setOptions(container, this.#config.pluginOptions)
    this.peers = ownPeers((next) =>
      this.#change((asked) => ({ ...asked, peers: next(asked.peers ?? []).map(copied) })),
    )
    this.#watch = new TrafficWatch({
      clock: systemClock,
      figures: () => this.#tunnel?.figures(),
      traffic: (event) => this.#tell('traffic', event),
      drops: (event) => this.#tell('drops', event),
    })
    this.#told.on('newListener', (event) => this.#watch.listen(event, true))
    this.#told.on('removeListener', (event) => this.#watch.listen(event, this.#told.listenerCount(event) > 0))
    const { signal } = options
    signal?.addEventListener('abort', () => void this.close(), { once: true, signal: this.#abort.signal })
  }

  /**
   * Loads the plugins that a configuration names, and makes its tunnel.
   *
   * @throws ConfigError that tells all that is wrong with the configuration, PluginError if a plugin cannot be used.
   */
  static async of(config: Configuration, options: TunnelOptions = {}): Promise<EmbeddedTunnel> {
    const { device, log: given = silentLogger, plugins = [] } = options
    const log = redactingLogger(given)
    const asked = copied(config)
    const { plugins: named } = admittedBy(asked, options)
    const own = device === undefined ? plugins : [...plugins, deviceOf(device)]
    const container = await createContainer(log, named, own)
    if (options.storage !== undefined) storeAt(container, { folder: resolve(options.storage) })
    return new EmbeddedTunnel(container, log, asked, options)
  }

  /**
   * Opens the device and the sockets, and connects to the peers that have endpoints. Resolves once each of these has a
   * link or was tried in vain, which goes on, within 3 s. If no peer's name is known for a minute, and none may call, the
   * tunnel closes with that error.
   *
   * @throws QanatError if it cannot start; the host is restored then. ERR_NOT_RUNNING if it was closed or ended before: a
   *   tunnel starts once.
   */
  async start(): Promise<void> {
    this.#options.signal?.throwIfAborted()
    if (this.#abort.signal.aborted) throw startsOnce('it was closed')
    if (this.#tunnel !== undefined && this.#over !== undefined) throw startsOnce('it ended', this.#over)
    this.#starting ??= this.#start()
    await this.#starting
  }

  /** What is known of the tunnel and its peers. @throws ConfigError if it does not run. */
  status(): TunnelStatus {
    if (this.#tunnel === undefined) throw notRunning()
    return this.#tunnel.status()
  }

  /**
   * Takes another configuration, as `qanat reload` does. Peers that stay as they are notice nothing. Those that were added
   * or changed by `peers` are as this configuration has them, and gone if it has them not.
   *
   * @throws QanatError if it is wrong, or asks for what cannot change while the tunnel runs; then all is as before.
   */
  async reload(config: Configuration): Promise<void> {
    if (this.#tunnel === undefined) throw notRunning()
    const next = copied(config)
    await this.#change(() => next)
  }

  /**
   * Resolves when a peer is reached: at once if it is, also before the tunnel is started.
   *
   * @param peer its name or its public key.
   * @param options.signal gives up, such as `AbortSignal.timeout(5_000)`.
   * @throws ConfigError if there is no such peer, or none any more; the error that ended the tunnel or kept it from
   *   starting; QanatError ERR_NOT_RUNNING if it is closed; the reason of the signal.
   * @example
   * const { remote } = await tunnel.reached('office', { signal: AbortSignal.timeout(5_000) })
   */
  async reached(peer: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<PeerEvent> {
    signal?.throwIfAborted()
    const { peers } = this.#config
    const id = (peers.find(({ id }) => id === peer) ?? peers.find(({ name }) => name === peer))?.id
    if (id === undefined) throw noSuchPeer(peer)
    if (this.#over !== undefined) throw this.#over
    if (this.#abort.signal.aborted) throw closedBefore(peer)
    const known = this.#tunnel?.figures()?.peers.find((one) => one.id === id)
    if (known === undefined || known.remote === null) return this.#awaited.wait(id, peer, signal)
    const { endpoint, name, remote, why } = known
    return { name, id, remote, endpoint, why }
  }

  /** Idempotent. Resolves once the device, its addresses and all sockets are gone, and the host is restored. */
  async close(): Promise<void> {
    this.#watch.end()
    this.#abort.abort(this.#options.signal?.reason)
    this.#awaited.end(closedBefore)
    // At the same time: nothing that a part does in the rehearsal keeps the host from being restored.
    await Promise.all([this.#rehearsal?.stop(), this.#closeTunnel()])
  }

  async #closeTunnel(): Promise<void> {
    await this.#starting?.catch(() => {}) // its caller is told
    await this.#tunnel?.close()
  }

  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** The same emitter, for events by any name. */
  get #told(): EventEmitter {
    return this as EventEmitter
  }

  async #start(): Promise<Tunnel> {
    try {
      const tunnel = await this.#startTunnel()
      this.#tunnel = tunnel
      this.#tell('up', { device: tunnel.device })
      this.#watch.begin()
      tunnel.ended.then(
        () => this.#end(undefined),
        (thrown) => this.#end(asError(thrown)),
      )
      return tunnel
    } catch (thrown) {
      await this.#rehearsal?.stop()
      this.#over = asError(thrown)
      this.#awaited.end(() => this.#over!)
      throw thrown
    }
  }

  async #startTunnel(): Promise<Tunnel> {
    if (this.#options.stayOnCpu) this.#stayOnCpu()
    const onPeerEvent = (change: PeerLinkChange, peer: Peer) => {
      const event = eventOf(peer)
      this.#tell(change, event)
      if (change !== 'lost') queueMicrotask(() => this.#awaited.told(event))
    }
    this.#rehearsal = beginRehearsal(this.#container, this.#config)
    const onTraffic = this.#rehearsal?.loaded
    const tunnel = await Tunnel.start(this.#container, this.#config, this.#abort.signal, {
      onPeerEvent,
      onTraffic,
    })
    void this.#rehearsal?.started()
    return tunnel
  }

  #end(error: Error | undefined): void {
    this.#watch.end()
    void this.#rehearsal?.stop()
    this.#over ??= error
    this.#awaited.end((name) => error ?? closedBefore(name))
    this.#abort.abort() // nothing of it hangs on the program's signal any more
    this.#tell('closed', error)
  }

  #stayOnCpu(): void {
    try {
      stayOnCpu(native())
    } catch (thrown) {
      this.#log.info('the kernel chooses the CPU', { why: asError(thrown).message })
    }
  }

  /** Takes another configuration in its turn: as the tunnel runs it, or to be started with. */
  #change(next: (asked: Configuration) => Configuration): Promise<void> {
    return this.#changes.take(() => this.#take(next))
  }

  async #take(next: (asked: Configuration) => Configuration): Promise<void> {
    if (this.#starting !== undefined) await this.#starting.catch(() => {})
    if (this.#over !== undefined || this.#abort.signal.aborted) throw notRunning()
    const asked = next(this.#asked)
    const config = this.#whole(admittedBy(asked, this.#options))
    // Without a gap if it does not run: a start in between would take the configuration of before.
    if (this.#tunnel !== undefined) await this.#tunnel.reload(config)
    this.#asked = asked
    this.#config = config
    this.#awaited.stay(
      config.peers.map(({ id }) => id),
      noSuchPeer,
    )
    if (this.#tunnel !== undefined) this.#tell('reloaded')
  }

  /** Later: a peer's change is told in the midst of the pump's work, where no listener may be. */
  #tell<Name extends keyof TunnelEvents>(name: Name, ...values: TunnelEvents[Name]): void {
    queueMicrotask(() => {
      this.#told.emit(name, ...values)
    })
  }

  /** The whole of a configuration, of which the log tells what is odd and was not before. */
  #whole({ whole }: Admitted): TunnelConfig {
    const { config, model, remarks } = whole(partTraitsOf(this.#container))
    const { controlGroup, user } = model.interface
    const refuse = (what: string): never => {
      const why = 'the process belongs to the program that the tunnel is part of'
      throw new ConfigError(`Cannot ${what}: ${why}`, { code: 'ERR_CONFIG_VALUE' })
    }
    if (user !== undefined) refuse(`switch to user '${user}'`)
    if (controlGroup !== undefined) refuse(`let the group '${controlGroup}' control the tunnel`)
    const texts = remarks.map(({ text }) => text)
    for (const text of texts) if (!this.#remarks.includes(text)) this.#log.warn(text)
    this.#remarks = texts
    return this.#options.device === undefined ? config : leavingHost(config)
  }
}

/** What a program asks for, so far as it is known before plugins are loaded. */
function admittedBy(asked: Configuration, { device, folder = process.cwd() }: TunnelOptions): Admitted {
  return admitObject(device === undefined ? asked : forOwnDevice(asked), folder)
}

function eventOf({ chooser, id, name, remote, why }: Peer): PeerEvent {
  const endpoint = chooser?.endpoint
  return {
    name: name ?? null,
    id,
    remote: remote === undefined ? null : redactText(remote),
    endpoint: endpoint === undefined ? null : redact(endpoint),
    why: redactText(why),
  }
}

function startsOnce(why: string, cause?: Error): QanatError {
  return new QanatError(`Cannot start the tunnel: ${why}; create another one`, {
    code: 'ERR_NOT_RUNNING',
    cause,
  })
}

function closedBefore(peer: string): QanatError {
  return new QanatError(`Cannot wait for the peer '${peer}': the tunnel is closed`, {
    code: 'ERR_NOT_RUNNING',
  })
}
