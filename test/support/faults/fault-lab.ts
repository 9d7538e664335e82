import { type DependencyContainer, container as root } from 'tsyringe'
import { addModule, addPlugin } from '../../../src/app/plugins/plugins.js'
import { Tunnel } from '../../../src/app/tunnel/tunnel.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { Cipher } from '../../../src/core/api/cipher.js'
import { SOLE_PEER, type TunnelConfig } from '../../../src/core/api/config.js'
import type { Fields, Logger } from '../../../src/core/api/logger.js'
import type { PacketHook } from '../../../src/core/api/packet-hook.js'
import { statelessCipher } from '../../../src/core/api/stateless-cipher.js'
import type { DialWait, Link, LinkHandlers, Listener, Transport } from '../../../src/core/api/transport.js'
import type { TunDriver } from '../../../src/core/api/tun-device.js'
import { CLOCK, LOGGER } from '../../../src/core/injection/tokens.js'
import { EVERYTHING } from '../../../src/core/ip/ip-prefix.js'
import type { Plugin } from '../../../src/core/plugin/plugin.js'
import { type DatagramPort, MemoryDatagramTransport } from '../../../src/transports/memory/datagram.js'
import { MemoryHub } from '../../../src/transports/memory/hub.js'
import { MemoryTunDriver } from '../../../src/tun/memory.js'
import { never, packet } from '../memory-net.js'
import { pass } from '../netsim/pass.js'

/** What is broken of a plugin that works but for that: each is given what works, and what is used in its place comes of it. */
export interface Broken {
  readonly plugin?: Partial<Plugin>
  readonly transport?: (sound: Transport) => unknown
  readonly dial?: (sound: () => Promise<Link>, handlers: LinkHandlers, wait: DialWait) => unknown
  readonly listen?: (sound: () => Promise<Listener>, handlers: LinkHandlers) => unknown
  /** Of the link that was dialled. */
  readonly link?: (sound: Link, handlers: LinkHandlers) => object
  readonly cipher?: (sound: Cipher) => unknown
  readonly hook?: (sound: PacketHook) => unknown
  readonly driver?: (sound: TunDriver) => unknown
}

interface Line {
  readonly level: string
  readonly message: string
  readonly fields: Fields | undefined
}

/** A tunnel in memory whose parts are all of a plugin `broken`, towards a sound one. */
export class FaultLab {
  readonly clock = new VirtualClock()
  readonly lines: Line[] = []
  readonly #tunDriver = new MemoryTunDriver()
  readonly #container: DependencyContainer
  readonly #hub = new MemoryHub<DatagramPort>({ clock: this.clock })
  near: Tunnel | undefined
  far: Tunnel | undefined

  constructor(broken: Broken) {
    const container = root.createChildContainer()
    const note = (level: string) => (message: string, fields?: Fields) =>
      void this.lines.push({ level, message, fields })
    const log: Logger = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') }
    container.register(LOGGER, { useValue: log })
    container.register(CLOCK, { useValue: this.clock })
    const summary = 'for a test'
    const cipher = () => statelessCipher(SOLE_PEER, { seal: (bytes) => bytes, open: (bytes) => bytes })
    const sound: Plugin = {
      api: 1,
      name: 'sound',
      transports: { memory: { summary, create: () => new MemoryDatagramTransport(this.#hub) } },
      ciphers: { none: { summary, create: cipher } },
      tunDrivers: { memory: { summary, create: () => this.#tunDriver } },
    }
    const as = <Part>(made: unknown) => made as Part
    const plugin: Plugin = {
      api: 1,
      name: 'broken',
      transports: { bad: { summary, create: () => as(this.#transport(broken)) } },
      ciphers: { bad: { summary, create: () => as(broken.cipher ? broken.cipher(cipher()) : cipher()) } },
      packetHooks: { bad: { summary, create: () => as(hookOf(broken)) } },
      tunDrivers: {
        bad: { summary, create: () => as(broken.driver?.(this.#tunDriver) ?? this.#tunDriver) },
      },
      ...broken.plugin,
    }
    addModule(container, { default: sound }, { name: 'sound', isOwn: true })
    addPlugin(container, plugin, './broken.js')
    this.#container = container
  }

  /** Starts both ends. The broken one listens and dials. */
  async start(): Promise<Tunnel> {
    this.far = await Tunnel.start(this.#container, this.#config('none', 'memory', 'memory://far', []), never)
    const peers = [new URL('bad://far')]
    const starting = Tunnel.start(
      this.#container,
      { ...this.#config('bad', 'bad', 'bad://near', peers), packetHooks: ['bad'] },
      never,
    )
    let isOver = false
    starting
      .catch(() => {})
      .finally(() => {
        isOver = true
      })
    while (!isOver) await this.passes(1_000) // modules are loaded on the way, by the host's time
    this.near = await starting
    return this.near
  }

  #config(cipher: string, tunDriver: string, listen: string, endpoints: readonly URL[]): TunnelConfig {
    return {
      cipher,
      tunDriver,
      peers: [{ id: SOLE_PEER, allowed: EVERYTHING, endpoints }],
      tun: { name: undefined, mtu: 1420, addresses: [], routes: [] },
      listen: [new URL(listen)],
      plugins: [],
    }
  }

  passes(milliseconds: number): Promise<void> {
    return pass(this.clock, milliseconds)
  }

  /** Lets a packet leave the near host, and one the far one. Returns how many of the two arrived. */
  async exchange(): Promise<number> {
    const [near, far] = [this.near, this.far].map((tunnel) =>
      this.#tunDriver.devices.get(tunnel?.device ?? ''),
    )
    const before = (near?.written.length ?? 0) + (far?.written.length ?? 0)
    near?.inject(packet(1, 2, 0))
    await this.passes(1)
    far?.inject(packet(2, 1, 0))
    await this.passes(1)
    return (near?.written.length ?? 0) + (far?.written.length ?? 0) - before
  }

  /** Warnings and errors that name the plugin and what it was asked for. */
  told(operation: string): Line[] {
    return this.lines.filter(({ fields, level, message }) => {
      if (level !== 'warn' && level !== 'error') return false
      if (fields?.plugin === 'broken' && fields.operation === operation) return true
      const text = `${message} ${fields?.why ?? ''}`
      return /plugin '(broken|\.\/broken\.js)'/.test(text) && text.includes(`'${operation}'`)
    })
  }

  async close(): Promise<void> {
    const closing = Promise.all([this.near?.close(), this.far?.close()])
    await this.passes(30_000)
    await closing
  }

  #transport(broken: Broken): unknown {
    const inner = new MemoryDatagramTransport(this.#hub)
    const within = ({ hostname }: URL) => new URL(`memory://${hostname}`)
    const sound: Transport = {
      dial: (endpoint, handlers, wait) => {
        const dial = async () => {
          const link = await inner.dial(within(endpoint), handlers, wait)
          return Object.defineProperties(
            link,
            Object.getOwnPropertyDescriptors(broken.link?.(link, handlers) ?? {}),
          )
        }
        return (broken.dial ? broken.dial(dial, handlers, wait) : dial()) as Promise<Link>
      },
      listen: (endpoint, handlers) => {
        const listen = () => inner.listen(within(endpoint), handlers)
        return (broken.listen ? broken.listen(listen, handlers) : listen()) as Promise<Listener>
      },
    }
    return broken.transport ? broken.transport(sound) : sound
  }
}

function hookOf({ hook }: Broken): unknown {
  const sound: PacketHook = { outgoing: () => undefined, incoming: () => undefined }
  return hook ? hook(sound) : sound
}
