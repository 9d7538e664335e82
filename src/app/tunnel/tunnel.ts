import type { DependencyContainer } from 'tsyringe'
import { PRIVATE_KEY_CIPHER } from '../../config/schema/default-cipher.js'
import type { TunnelConfig } from '../../core/api/config.js'
import type { Logger } from '../../core/api/logger.js'
import { redact } from '../../core/api/redact.js'
import type { TraitsOf } from '../../core/api/transport.js'
import type { TunDevice, TunDriver } from '../../core/api/tun-device.js'
import { FirstSender } from '../../core/forwarding/first-sender.js'
import { CLOCK, LOGGER } from '../../core/injection/tokens.js'
import { type Peer, type PeerLinkChange, Peers } from '../../core/peers/peers.js'
import type { Traffic } from '../../core/peers/traffic.js'
import type { Clock } from '../../core/time/clock.js'
import type { HostChanges } from '../../host/host-changes.js'
import { DescriptorReserve } from '../../native/process/descriptors.js'
import { about, type NamedNamespace } from '../../native/process/namespace-scope.js'
import { Listeners } from '../carriers/listeners.js'
import { localPort, withPortsInForce } from '../carriers/udp-ports.js'
import { carrierAddresses } from '../device/carrier-addresses.js'
import { ChangedDevice } from '../device/changed-device.js'
import { checkEnters, openNamespace } from '../device/device-namespace.js'
import { JudgedDevice, type JudgeParts, judgeAround, judgeStart } from '../device/judged-device.js'
import { leastMtu } from '../device/least-mtu.js'
import { withRangesAround } from '../device/ranges-around.js'
import { withoutIpv6 } from '../device/without-ipv6.js'
import { Expiry } from '../expiry.js'
import { makeCipher } from '../make-cipher.js'
import { makeDriver } from '../make-driver.js'
import { makeHooks } from '../make-hooks.js'
import { peerNamesOf } from '../peer-names.js'
import { traitsOf } from '../plugins/plugins.js'
import type { ToolsSocket } from '../uapi/answer-tools.js'
import type { DeviceSource } from '../uapi/device-of.js'
import { beginPlugins } from './begin-plugins.js'
import { RESERVED_DESCRIPTORS, warnOfFewDescriptors } from './few-descriptors.js'
import { makePump } from './make-pump.js'
import { TunnelPeerManager } from './peer-manager.js'
import { prepareHost } from './prepare-host.js'
import { notRunning, type RunningParts, reload } from './reload.js'
import { statusOf, type TunnelStatus } from './status.js'
import { takeSettings } from './take-settings.js'
import { GUARDED_LIMIT, OWN_LIMIT, UndoList } from './undo.js'

/** What the code that starts a tunnel wants of it. */
export interface TunnelOptions {
  /** Is told when a peer is reached, moves or is lost, amid the pump's work: it does nothing there but note it. */
  readonly onPeerEvent?: ((change: PeerLinkChange, peer: Peer) => void) | undefined
  /** Is told, amid that work as well, which endpoints are waited for, and why; undefined: none any more. */
  readonly onWaiting?: (text: string | undefined) => void
  /** Called before it carries anything, with an object that counts what it carries. */
  readonly onTraffic?: ((traffic: Readonly<Traffic>) => void) | undefined
  /** Milliseconds that the start may wait for a link to any peer; for as long as it takes if absent. */
  readonly wait?: number | undefined
  /** Where WireGuard's tools, such as wg(8), are answered if the cipher is theirs; nowhere if absent. */
  readonly toolsFolder?: string | undefined
  /** Is told of the socket there, by its path, as soon as it is made. */
  readonly onToolsSocket?: ((path: string) => void) | undefined
}

type Tools = typeof import('../uapi/answer-tools.js')
type ToolsSource = Pick<DeviceSource, 'cipher' | 'peers'>

/** A tunnel that runs, put together out of the parts that a configuration names. */
export class Tunnel {
  /** Resolves when the tunnel was closed; rejects with the error that ended it, once the host is restored. */
  readonly ended: Promise<void>
  readonly #container: DependencyContainer
  readonly #log: Logger
  /** What is in force. */
  #config: TunnelConfig
  /** What is to be in force, while a reload is under way. */
  #asked: TunnelConfig | undefined
  readonly #options: TunnelOptions
  readonly #clock: Clock
  readonly #traits: TraitsOf
  readonly #made: UndoList
  readonly #expiry: Expiry
  /** Kept from the moment on from which strangers may come. */
  #reserve: DescriptorReserve | undefined
  #listeners: Listeners | undefined
  #end!: { resolve(): void; reject(error: Error): void }
  #closing: Promise<void> | undefined
  /** What ended the tunnel. */
  #failure: Error | undefined
  /** Whether that is one of a start, which leaves nothing on the host. */
  #failedToStart = false
  #device = ''
  #parts: RunningParts | undefined
  /** Resolves once the tunnel runs. */
  readonly #ready: Promise<void>
  #isReady!: () => void
  /** Resolves once the reload before is done. */
  #reloaded: Promise<unknown>
  #toolsSocket: ToolsSocket | undefined

  private constructor(container: DependencyContainer, config: TunnelConfig, options: TunnelOptions) {
    this.#container = container
    this.#options = options
    this.#log = container.resolve<Logger>(LOGGER)
    this.#clock = container.resolve<Clock>(CLOCK)
    this.#traits = traitsOf(container)
    this.#made = new UndoList(this.#clock, this.#log)
    this.#expiry = new Expiry(this, this.#clock, this.#log)
    peerNamesOf(container).add(config.peers)
    this.#config = this.#expiry.admitted(config)
    this.ended = new Promise((resolve, reject) => {
      this.#end = { resolve, reject }
    })
    this.#ready = new Promise((resolve) => {
      this.#isReady = resolve
    })
    this.#reloaded = this.#ready
    this.ended.catch(() => {}) // the code that started the tunnel may look at this later, or never
  }

  /**
   * Starts a tunnel. `signal` cancels the start. Resolves once device and routes stand and the peers were called, though
   * perhaps in vain; if they turn out not to be there at all, or not within `wait`, the tunnel ends with that error.
   *
   * @throws QanatError if a part cannot be had; whatever was made until then is undone.
   */
  static async start(
    container: DependencyContainer,
    config: TunnelConfig,
    signal: AbortSignal,
    options: TunnelOptions = {},
  ): Promise<Tunnel> {
    signal.throwIfAborted()
    const tunnel = new Tunnel(container, config, options)
    const giveUp = () => void tunnel.close()
    signal.addEventListener('abort', giveUp)
    try {
      await tunnel.#start()
      return tunnel
    } catch (thrown) {
      await tunnel.close()
      await tunnel.#made.run() // what came to be while it was closing
      signal.throwIfAborted()
      throw tunnel.#failure ?? thrown
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  /** Where WireGuard's tools are answered; undefined if they are not. */
  get toolsSocket(): string | undefined {
    return this.#toolsSocket?.path
  }

  /** What is in force, or was at the end. */
  get config(): TunnelConfig {
    return this.#config
  }

  /** The TUN device's name. */
  get device(): string {
    return this.#device
  }

  /** Idempotent. Resolves once the device, its addresses and all sockets are gone. */
  close(): Promise<void> {
    this.#closing ??= this.#undo().finally(() => this.#end.resolve())
    return this.#closing
  }

  /**
   * Takes another configuration, under traffic: peers come, go and change, and the routes with them. Peers that stay
   * as they are notice nothing. Resolves once all of it is in force; new peers are connected to after that. Reloads
   * that are asked for meanwhile wait for their turn. A configuration without a private key, or with a free port, leaves
   * this end that which it was given since.
   *
   * @throws QanatError if something cannot change while the tunnel runs, or cannot be had; then all is as before.
   */
  reload(config: TunnelConfig): Promise<void> {
    return this.change(({ listen, privateKey }) => ({
      ...config,
      privateKey: config.privateKey ?? privateKey,
      listen: withPortsInForce(config.listen, listen),
    }))
  }

  /** The same of what is in force when it is this change's turn. */
  change(next: (before: TunnelConfig) => TunnelConfig): Promise<void> {
    const turn = this.#reloaded.then(() => this.#reload(next(this.#config)))
    this.#reloaded = turn.catch(() => {})
    return turn
  }

  /**
   * What is known of the tunnel and its peers, which it also asks how long it takes to them: the next status knows.
   *
   * @throws ConfigError if the tunnel does not run.
   */
  status(): TunnelStatus {
    this.#running().peerManager.measure()
    return this.figures()!
  }

  /** The same, and nobody is asked; undefined if the tunnel does not run. */
  figures(): TunnelStatus | undefined {
    const parts = this.#parts
    if (parts === undefined || this.#closing !== undefined) return undefined
    return statusOf({ ...parts, config: this.#config, listen: this.#listening.map(redact) })
  }

  async #reload(wanted: TunnelConfig): Promise<void> {
    peerNamesOf(this.#container).add(wanted.peers)
    const asked = this.#expiry.admitted(wanted)
    const known = this.#parts?.host?.carriersPassing
    const config = known === undefined ? asked : withRangesAround(asked, this.#traits, known)
    this.#asked = config
    try {
      await reload(this.#running(), {
        before: this.#config,
        after: config,
        running: () => this.#running(),
        inForce: () => {
          this.#config = config
        },
      })
    } finally {
      this.#asked = undefined
      this.#expiry.watch()
    }
    this.#log.info('configuration applied', { peers: config.peers.length })
  }

  /** Where this end listens, with the ports in use. */
  get #listening(): readonly URL[] {
    return this.#listeners?.endpoints ?? []
  }

  /** The parts, while the tunnel runs. */
  #running(): RunningParts {
    if (this.#parts === undefined || this.#closing !== undefined) throw notRunning()
    return this.#parts
  }

  async #start(): Promise<void> {
    const log = this.#log
    const clock = this.#clock
    // Loaded before there is a device: whoever ends a tunnel that has one may expect that it runs.
    const tools = this.#toolsFolder === undefined ? undefined : await import('../uapi/answer-tools.js')
    const namespace = openNamespace(this.#config)
    this.#made.push(() => namespace?.close()) // it stays to the end
    const parts = { traits: this.#traits, log, clock, namespace, toolsFolder: this.#toolsFolder }
    const { config, host } = await prepareHost(this.#config, parts)
    this.#config = config
    this.#made.push(() => {
      if (this.#failedToStart) host?.startFailed()
      return host?.restore(this.#failure === undefined || this.#failedToStart)
    }, OWN_LIMIT)
    this.#goOn()
    const settingsOf = ({ listen, transports }: TunnelConfig) => ({
      ...transports,
      ...host?.transports,
      ...(transports?.mark !== undefined && { mark: transports.mark }), // asked for while it runs
      localPort: localPort(listen),
    })
    const beginning = { host, clock, settings: settingsOf(config) }
    const begun = await beginPlugins(this.#container, beginning, this.#made)
    const { figures, options, signal, transports } = begun
    await transports.serve(config.listen)
    await transports.servePeers(config.peers)
    const cipher = await makeCipher(this.#container, config, signal)
    this.#made.push(() => cipher.close(), GUARDED_LIMIT)
    const hooks = await makeHooks(this.#container, config, signal, this.#made.step().push)
    const driver = await makeDriver(this.#container, config.tunDriver, log, signal)
    checkEnters(namespace, driver)
    const judging = this.#judging(host, namespace)
    const tun = await this.#openDevice(driver, host, judging)
    const kept = host === undefined ? tun : new ChangedDevice(tun, host)
    const changed = new JudgedDevice(kept, config.tun.routingTable, judging)
    const { deviceSettings, settings } = takeSettings(
      { cipher, clock, config, host, log, namespace, tun: changed },
      this.#made,
    )
    const peers = new Peers()
    if (tools !== undefined) await this.#answer(tools, { cipher, peers }, host?.transports.mark)
    const firstSender = new FirstSender()
    const failed = (error: Error) => this.fail(error)
    const carries = (bytes: number) => deviceSettings.carries(bytes, leastMtu(this.#config))
    const pump = makePump(
      { tun, cipher, peers, firstSender, clock, log, failed, traits: this.#traits },
      hooks,
      config,
      carries,
      this.#made,
    )
    this.#options.onTraffic?.(pump.traffic)
    this.#reserve = new DescriptorReserve(RESERVED_DESCRIPTORS)
    warnOfFewDescriptors(config, this.#traits, log)
    const carriers = this.#made.step()
    const listeners = new Listeners({ transports, handlers: pump, log })
    this.#listeners = listeners
    // Those that come while the tunnel is being closed are closed, too.
    await listeners.open(config.listen).finally(() => carriers.push(() => listeners.close()))
    this.#goOn()
    pump.start()
    const { onPeerEvent = () => {}, onWaiting = () => {}, wait } = this.#options
    const peerManager = new TunnelPeerManager({
      ...{ peers, pump, cipher, firstSender, transports, settings },
      ...{ clock, log, onPeerEvent, onWaiting, wait, ownKey: () => this.#config.privateKey },
      failed: (error) => this.#failStart(error),
    })
    carriers.push(() => peerManager.stop())
    await peerManager.start(config.peers)
    this.#made.push(() => peerManager.sayGoodbye())
    this.#goOn()
    const sockets = { transports, listeners, peerManager }
    this.#parts = {
      ...{ peerManager, options, figures, pump, transports, tun: changed, cipher, peers },
      ...{ clock, deviceSettings, settings, host, judging, log, traits: this.#traits },
      sockets: { ...sockets, settingsOf, failed, isRunning: () => this.#closing === undefined },
      startedAt: clock.now(),
    }
    this.#made.push(() => this.#expiry.end())
    this.#expiry.watch()
    this.#isReady() // PostUp may have wg change the tunnel
    this.#made.push(() => host?.tunnelEnds(), OWN_LIMIT)
    await host?.tunnelUp(tun.name)
    this.#goOn()
  }

  /** WireGuard's tools know nothing of other ciphers, whose tunnels load nothing of this. */
  get #toolsFolder(): string | undefined {
    return this.#config.cipher === PRIVATE_KEY_CIPHER ? this.#options.toolsFolder : undefined
  }

  async #answer({ answerTools }: Tools, parts: ToolsSource, hostMark = 0): Promise<void> {
    const source = () => {
      const config = this.#config
      const mark = config.transports?.mark ?? hostMark
      return { ...parts, clock: this.#clock, config, listen: this.#listening, mark, traits: this.#traits }
    }
    const change = (after: () => TunnelConfig) => this.change(after)
    const given = { source, change, log: this.#log }
    const socket = await answerTools(this.#device, this.#toolsFolder!, given)
    this.#toolsSocket = socket
    if (socket !== undefined) this.#options.onToolsSocket?.(socket.path)
    this.#made.push(() => socket?.close())
    this.#goOn()
  }

  async #openDevice(
    driver: TunDriver,
    host: HostChanges | undefined,
    judging: JudgeParts,
  ): Promise<TunDevice> {
    const { namespace } = judging
    const made = async (name: string) => {
      const { tun } = this.#config
      const taken = withoutIpv6(name, tun, this.#log)
      const share = await judgeStart(name, taken, judging)
      host?.leadAround(await judgeAround(name, this.#config.around ?? [], judging))
      await host?.deviceMade(name)
      return share ?? (taken === tun ? undefined : taken)
    }
    const tun = await about(namespace, () => driver.open({ ...this.#config.tun, made }))
    this.#made.push(() => tun.close(), GUARDED_LIMIT)
    this.#goOn()
    this.#device = tun.name
    this.#made.push(() => host?.deviceEnds(), OWN_LIMIT)
    await host?.deviceUp(tun.name)
    this.#goOn()
    this.#log.info('TUN device is up', { device: tun.name, mtu: this.#config.tun.mtu })
    return tun
  }

  #judging(host: HostChanges | undefined, namespace: NamedNamespace | undefined): JudgeParts {
    const known = host?.transports.knownAddresses
    const sentTo = () => carrierAddresses(this.#asked ?? this.#config, this.#traits, known)
    const carriers = namespace === undefined ? sentTo : () => []
    return { log: this.#log, namespace, carriers, leftAlone: new Map() }
  }

  /** Undoes all that was made; what restores the host may use the descriptors that were kept for it. */
  async #undo(): Promise<void> {
    this.#reserve?.release()
    await this.#made.run()
    this.#reserve?.over()
  }

  /** Throws if the tunnel was closed while something was awaited. */
  #goOn(): void {
    if (this.#closing !== undefined) throw new Error('the tunnel was closed while it started')
  }

  /** Stops the tunnel because nobody can be called: nothing of it stays on the host. */
  #failStart(error: Error): void {
    this.#failedToStart = true
    this.fail(error)
  }

  /** Stops the tunnel because of an error, once the host is restored but for a kill switch. */
  fail(error: Error): void {
    if (this.#closing !== undefined) return
    this.#failure = error
    this.#closing = this.#undo().finally(() => this.#end.reject(error))
  }
}
