import { type DependencyContainer, container as root } from 'tsyringe'
import { addPlugin } from '../../src/app/plugins/plugins.js'
import { SOLE_PEER, type TunnelConfig } from '../../src/core/api/config.js'
import type { Logger } from '../../src/core/api/logger.js'
import { statelessCipher } from '../../src/core/api/stateless-cipher.js'
import type { LinkHandlers, Transport } from '../../src/core/api/transport.js'
import type { TunDriver } from '../../src/core/api/tun-device.js'
import { CLOCK, LOGGER } from '../../src/core/injection/tokens.js'
import { EVERYTHING } from '../../src/core/ip/ip-prefix.js'
import type { Plugin } from '../../src/core/plugin/plugin.js'
import type { Clock } from '../../src/core/time/clock.js'
import { type DatagramPort, MemoryDatagramTransport } from '../../src/transports/memory/datagram.js'
import { MemoryHub } from '../../src/transports/memory/hub.js'
import { MemoryTunDriver } from '../../src/tun/memory.js'

/** What befalls a part: it is called when the part is asked for something, and may throw or take its time. */
export type Hook = () => Promise<void> | void

/** Parts of tunnels in memory, and what is open of them. */
export class TunnelLab {
  readonly container: DependencyContainer
  readonly tunDriver = new MemoryTunDriver()
  /** What is open: devices, listeners, links, ciphers. */
  readonly open: string[] = []
  readonly warnings: string[] = []
  readonly hooks: Partial<Record<'device' | 'listen' | 'dial' | 'cipher' | 'closeDevice', Hook>> = {}
  /** What the last transport that listened or dialled was to tell. */
  handlers: LinkHandlers | undefined
  readonly #hub: MemoryHub<DatagramPort>

  constructor(clock: Clock) {
    this.#hub = new MemoryHub({ clock })
    const container = root.createChildContainer()
    const summary = 'for a test'
    const log: Logger = { debug() {}, info() {}, warn: (line) => this.warnings.push(line), error() {} }
    container.register(LOGGER, { useValue: log })
    container.register(CLOCK, { useValue: clock })
    const parts: Plugin = {
      api: 1,
      name: 'lab',
      transports: { memory: { summary, create: () => this.#transport() } },
      ciphers: { none: { summary, create: () => this.#cipher() } },
      tunDrivers: { memory: { summary, create: () => this.#driver() } },
    }
    addPlugin(container, parts, 'lab')
    this.container = container
  }

  /** A configuration: `config('memory://far')` dials, `config(undefined, 'memory://near')` listens. */
  config(endpoint?: string, listen?: string): TunnelConfig {
    return {
      cipher: 'none',
      peers: [
        {
          id: SOLE_PEER,
          allowed: EVERYTHING,
          endpoints: endpoint === undefined ? [] : [new URL(endpoint)],
        },
      ],
      tunDriver: 'memory',
      tun: { name: undefined, mtu: 1420, addresses: [], routes: [] },
      listen: listen === undefined ? [] : [new URL(listen)],
      plugins: [],
    }
  }

  #cipher() {
    void this.hooks.cipher?.()
    const cipher = statelessCipher(SOLE_PEER, { seal: (packet) => packet, open: (datagram) => datagram })
    return { ...cipher, close: this.#opened('cipher', async () => {}) as () => void }
  }

  #driver(): TunDriver {
    return {
      open: async (options) => {
        await this.hooks.device?.()
        const device = await this.tunDriver.open(options)
        const close = device.close.bind(device)
        device.close = this.#opened('device', async () => {
          await close()
          await this.hooks.closeDevice?.()
        })
        return device
      },
    }
  }

  #transport(): Transport {
    const inner = new MemoryDatagramTransport(this.#hub)
    return {
      listen: async (endpoint, handlers) => {
        this.handlers = handlers
        await this.hooks.listen?.()
        const listener = await inner.listen(endpoint, handlers)
        return { ...listener, close: this.#opened('listener', listener.close) }
      },
      dial: async (endpoint, handlers, wait) => {
        this.handlers = handlers
        await this.hooks.dial?.()
        const link = await inner.dial(endpoint, handlers, wait)
        link.close = this.#opened('link', link.close.bind(link))
        return link
      },
    }
  }

  /** Notes that something is open until it is closed. */
  #opened(what: string, close: () => Promise<void>): () => Promise<void> {
    this.open.push(what)
    let isOpen = true
    return () => {
      if (isOpen) this.open.splice(this.open.indexOf(what), 1)
      isOpen = false
      return close()
    }
  }
}
