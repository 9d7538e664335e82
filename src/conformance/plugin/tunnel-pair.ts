import { strict as assert } from 'node:assert'
import type { DependencyContainer } from 'tsyringe'
import { builtins } from '../../app/builtins.js'
import { createContainer } from '../../app/container.js'
import { type PluginExports, setOptions } from '../../app/plugins/plugins.js'
import { Tunnel } from '../../app/tunnel/tunnel.js'
import type { PeerConfig, TunnelConfig } from '../../core/api/config.js'
import { isPluginFault, isQanatError } from '../../core/api/errors.js'
import { EVERYTHING } from '../../core/ip/ip-prefix.js'
import type { Plugin } from '../../core/plugin/plugin.js'
import type { PluginOptions } from '../../core/settings/plugin-options.js'
import { type MemoryTunDevice, MemoryTunDriver } from '../../tun/memory.js'
import { limited } from '../kit/limited.js'
import { tableOf } from '../kit/load-for-test.js'
import { includesBytes } from '../kit/recorder.js'
import { RecordingLogger } from '../kit/recording-logger.js'
import { Turns } from '../kit/turns.js'

/** The TUN driver of an end whose device is not under test. */
const DEVICE = 'device-of-kit'
const SHARED_KEY = '5a'.repeat(32)
/** Bytes. */
const MTU = 1_420
/** Milliseconds after which what should have happened did not. */
const PATIENCE = 8_000
/** Turns, of a millisecond each, after which a packet that was lost is sent again. */
const AGAIN = 500

/** What one end of a tunnel has of the part under test; the rest is built in. */
export interface TunnelEnd {
  /** Members of its configuration in place of those of a plain tunnel. */
  readonly config?: Partial<TunnelConfig>
  /** Options of the plugin under test. */
  readonly options?: Readonly<Record<string, unknown>> | undefined
  /** The peer, as a cipher knows it. */
  readonly peer?: Omit<PeerConfig, 'allowed' | 'endpoints'> | undefined
}

/** A tunnel of two ends in this process: `far` listens, `near` dials. */
export interface TunnelGround {
  readonly near: TunnelEnd
  readonly far: TunnelEnd
  /** Where the far end listens; in memory if absent. */
  readonly endpoint?: URL
  dispose?(): void | Promise<void>
}

let inMemory = 0

/** Two tunnels over a part, whose devices are in memory. */
export class TunnelPair {
  readonly log = new RecordingLogger()
  readonly #module: PluginExports
  readonly #plugin: Plugin
  readonly #ground: TunnelGround
  readonly #turns = new Turns({ patience: PATIENCE, isTimed: true })
  readonly #running: Running[] = []

  constructor(module: PluginExports, plugin: Plugin, ground: TunnelGround) {
    this.#module = module
    this.#plugin = plugin
    this.#ground = ground
  }

  /** The devices of both ends: the one that listens comes second. */
  get devices(): readonly [MemoryTunDevice, MemoryTunDevice] {
    const [far, near] = this.#running.map(({ device }) => device)
    return [near!, far!]
  }

  /** Whether it can be beside another, which listens elsewhere. */
  isApartFrom(other: TunnelPair): boolean {
    const [own, others] = [this.#ground.endpoint, other.#ground.endpoint]
    return own === undefined || own.port === '0' || own.href !== others?.href
  }

  async start(): Promise<void> {
    const { endpoint = new URL(`memory://kit-${++inMemory}`), near, far } = this.#ground
    const listening = await this.#startEnd('the listening end', far, { listen: [endpoint] }, [])
    const at = new URL(endpoint.href)
    at.port = new URL(listening.tunnel.figures()!.listen[0]!).port
    await this.#startEnd('the dialling end', near, { listen: [] }, [at])
  }

  /** Has a packet come to the other host: sent again if it is lost, as it may be. */
  async carry(from: MemoryTunDevice, to: MemoryTunDevice, packet: Uint8Array): Promise<void> {
    let turns = 0
    await this.#turns.until(`a packet of ${packet.length} bytes arrives`, () => {
      if (includesBytes(to.written, packet)) return true
      if (turns++ % AGAIN === 0) from.inject(packet)
      this.check()
      return false
    })
    to.written.length = 0
  }

  /** Lets what was sent arrive, and tunnels end that cannot bear it. */
  async quiet(): Promise<void> {
    await this.#turns.quiet()
    this.check()
  }

  /** Throws what ended a tunnel that was not told to end. */
  check(): void {
    for (const { failure } of this.#running) if (failure !== undefined) throw failure
  }

  /** Has each end go by other options. What the plugin refuses with an error of its own is as it was. */
  async reload(options: Readonly<Record<string, unknown>>): Promise<void> {
    for (const running of this.#running) {
      const { config, end, tunnel } = running
      const changed = { ...config, pluginOptions: this.#optionsOf({ ...end.options, ...options }) }
      try {
        await limited('a reload is done', () => tunnel.reload(changed))
      } catch (thrown) {
        assert.ok(isQanatError(thrown) && !isPluginFault(thrown), thrown as Error)
      }
    }
  }

  async close(): Promise<void> {
    for (const running of this.#running.splice(0).reverse()) {
      running.isOver = true
      await limited('a tunnel is closed', () => running.tunnel.close())
    }
  }

  async #startEnd(
    what: string,
    end: TunnelEnd,
    listening: Pick<TunnelConfig, 'listen'>,
    endpoints: readonly URL[],
  ): Promise<Running> {
    const driver = new MemoryTunDriver()
    const pluginOptions = this.#optionsOf(end.options)
    const config: TunnelConfig = {
      cipher: 'aes-256-gcm',
      key: SHARED_KEY,
      tunDriver: DEVICE,
      tun: { name: undefined, mtu: MTU, addresses: [], routes: [] },
      plugins: [],
      pluginOptions,
      ...end.config,
      ...listening,
      peers: [{ id: 'peer', ...end.peer, allowed: EVERYTHING, endpoints }],
    }
    const container = await this.#container(driver)
    setOptions(container, pluginOptions)
    const starting = () => Tunnel.start(container, config, new AbortController().signal)
    const tunnel = await limited(`${what} of a tunnel is up`, starting)
    const running = new Running(tunnel, config, end, driver.devices.get(tunnel.device)!)
    this.#running.push(running)
    return running
  }

  #container(driver: MemoryTunDriver): Promise<DependencyContainer> {
    const device: Plugin = {
      api: 1,
      name: DEVICE,
      tunDrivers: { [DEVICE]: { summary: 'the device of the kit', create: () => driver } },
    }
    // The parts of Qanat itself pass the kit, too, and are there already.
    const tested = this.#module.default === builtins ? [] : [this.#module]
    return createContainer(this.log, [], [...tested, device])
  }

  #optionsOf(options: Readonly<Record<string, unknown>> = {}): PluginOptions {
    return { folder: '.', tables: { [this.#plugin.name]: tableOf(this.#plugin, options) } }
  }
}

/** An end that runs. */
class Running {
  readonly tunnel: Tunnel
  readonly config: TunnelConfig
  readonly end: TunnelEnd
  readonly device: MemoryTunDevice
  failure: Error | undefined
  isOver = false

  constructor(tunnel: Tunnel, config: TunnelConfig, end: TunnelEnd, device: MemoryTunDevice) {
    this.tunnel = tunnel
    this.config = config
    this.end = end
    this.device = device
    tunnel.ended.catch((thrown: Error) => {
      if (!this.isOver) this.failure = thrown
    })
  }
}
