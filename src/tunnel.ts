import type { DependencyContainer } from 'tsyringe'
import type { Clock } from './core/clock.js'
import { DEFAULT_PORT, MIN_MTU, type TunnelConfig } from './core/config.js'
import { Connector } from './core/connector.js'
import { dropsOf } from './core/drops.js'
import { asError } from './core/errors.js'
import { FirstSender } from './core/first-sender.js'
import type { Logger } from './core/logger.js'
import { packetOf } from './core/packet.js'
import { Peer, Peers } from './core/peers.js'
import { CLOCK, LOGGER } from './core/plugin.js'
import { choosePlugin } from './core/plugins.js'
import { Pump } from './core/pump.js'
import { ScratchMemory } from './native/scratch-memory.js'
import { TransportSet } from './transport-set.js'
import { createSplitter } from './tun/offload/index.js'

/** An empty packet is what a keepalive carries. */
const KEEPALIVE = packetOf(new Uint8Array(0))

/** Undoes one thing that a tunnel made. */
type Undo = () => Promise<void> | void

/** A tunnel that runs, put together out of the parts that a configuration names. */
export class Tunnel {
  /** Resolves when the tunnel was closed; rejects with the error that ended it, when all is put back. */
  readonly ended: Promise<void>
  readonly #container: DependencyContainer
  readonly #config: TunnelConfig
  readonly #undo: Undo[] = []
  #end!: { resolve(): void; reject(error: Error): void }
  #closing: Promise<void> | undefined
  /** What ended the tunnel. */
  #failure: Error | undefined
  #device = ''

  private constructor(container: DependencyContainer, config: TunnelConfig) {
    this.#container = container
    this.#config = config
    this.ended = new Promise((resolve, reject) => {
      this.#end = { resolve, reject }
    })
    this.ended.catch(() => {}) // whoever started the tunnel may look at this later, or never
  }

  /**
   * Starts a tunnel. `signal` gives up while it starts.
   *
   * @throws QanatError where a part cannot be had; whatever was made until then is put back.
   */
  static async start(
    container: DependencyContainer,
    config: TunnelConfig,
    signal: AbortSignal,
  ): Promise<Tunnel> {
    signal.throwIfAborted()
    const tunnel = new Tunnel(container, config)
    const giveUp = () => void tunnel.close()
    signal.addEventListener('abort', giveUp)
    try {
      await tunnel.#start()
      return tunnel
    } catch (thrown) {
      await tunnel.close()
      await tunnel.#putBack() // what came to be while it was closing
      signal.throwIfAborted()
      throw tunnel.#failure ?? thrown
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  /** The TUN device's name. */
  get device(): string {
    return this.#device
  }

  /** Idempotent. Resolves once the device, its addresses and all sockets are gone. */
  close(): Promise<void> {
    this.#closing ??= this.#putBack().finally(() => this.#end.resolve())
    return this.#closing
  }

  async #start(): Promise<void> {
    const config = this.#config
    const container = this.#container
    const log = container.resolve<Logger>(LOGGER)
    const clock = container.resolve<Clock>(CLOCK)
    const settings = { ...config.transports, localPort: localPort(config.listen) }
    const endpoints = [...config.peers.flatMap((peer) => peer.endpoints), ...config.listen]
    const protocols = endpoints.map(({ protocol }) => protocol)
    const transports = await TransportSet.make(container, settings, protocols)
    const driver = choosePlugin(container, 'TUN driver', config.tunDriver)
    const cipherSettings = { ...config, mtu: config.tun.mtu }
    const cipher = await choosePlugin(container, 'cipher', config.cipher).create(cipherSettings, container)
    this.#undo.push(() => cipher.close())

    const tun = await (await driver.create(container)).open(config.tun)
    this.#undo.push(() => tun.close())
    this.#goOn()
    this.#device = tun.name
    log.info('TUN device is up', { device: tun.name, mtu: config.tun.mtu })

    const peers = new Peers()
    const firstSender = new FirstSender()
    const memory = new ScratchMemory()
    this.#undo.push(() => memory.release())
    const splitter = createSplitter(memory.allocate)
    const failed = (error: Error) => this.#fail(error)
    const pump = new Pump({ tun, cipher, peers, firstSender, splitter, clock, log, failed })
    this.#undo.push(() => {
      pump.stop()
      log.info('tunnel carried', { ...pump.traffic, dropped: dropsOf({ tun, pump, cipher }) })
    })

    for (const endpoint of config.listen) {
      const listener = await transports.get(endpoint.protocol).listen(endpoint, pump)
      this.#undo.push(() => listener.close())
      this.#goOn()
      log.info('listening', { endpoint: listener.endpoint.href })
    }
    pump.start()
    const connecting: Promise<void>[] = []
    for (const { id, allowed, endpoints } of config.peers) {
      const peer = new Peer(id)
      peers.add(peer, allowed)
      if (endpoints.length === 0) continue
      const connector = new Connector({
        peer,
        endpoints,
        dial: (endpoint, abort) => transports.get(endpoint.protocol).dial(endpoint, pump, abort),
        sessions: cipher.sessions,
        keepalive: (now) => (cipher.sessions === undefined ? [] : cipher.seal(id, [KEEPALIVE], MIN_MTU, now)),
        use: (link) => {
          peer.link = link
          if (link !== undefined) firstSender.fix(link)
          pump.resume()
        },
        run: (work) => pump.run(work),
        clock,
        log,
        random: Math.random,
      })
      peer.chooser = connector
      this.#undo.push(() => connector.stop())
      connecting.push(connector.start())
    }
    await Promise.all(connecting)
    this.#goOn()
  }

  /** Throws where the tunnel was closed while something was awaited. */
  #goOn(): void {
    if (this.#closing !== undefined) throw new Error('the tunnel was closed while it started')
  }

  /** Ends the tunnel because of an error, once all is put back. */
  #fail(error: Error): void {
    if (this.#closing !== undefined) return
    this.#failure = error
    this.#closing = this.#putBack().finally(() => this.#end.reject(error))
  }

  /** Undoes what was made, the last thing first. One that fails does not keep the others. */
  async #putBack(): Promise<void> {
    for (const undo of this.#undo.splice(0).reverse()) {
      try {
        await undo()
      } catch (thrown) {
        this.#container.resolve<Logger>(LOGGER).warn('cannot close a part', { why: asError(thrown).message })
      }
    }
  }
}

/** The port that dialling by datagrams uses where nothing listens there yet. */
function localPort(listen: readonly URL[]): number {
  const udp = listen.find(({ protocol }) => protocol === 'udp:')
  return udp === undefined ? DEFAULT_PORT : Number(udp.port)
}
