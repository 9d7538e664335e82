import { isQanatError } from '../../core/api/errors.js'
import type { Packet } from '../../core/api/packet.js'
import type { TunDevice, TunDriver, TunHandlers, TunOptions } from '../../core/api/tun-device.js'
import type { Faults } from './faults.js'
import { outOfScope } from './plugin-scope.js'

/** A plugin's TUN driver: what its devices throw ends the tunnel, and names it. */
export class GuardedDriver implements TunDriver {
  readonly #inner: TunDriver
  readonly #faults: Faults

  constructor(inner: TunDriver, faults: Faults) {
    this.#inner = inner
    this.#faults = faults
  }

  get entersNamespaces(): boolean {
    return this.#inner.entersNamespaces ?? false
  }

  async open(options: TunOptions): Promise<TunDevice> {
    // Waits for hooks of the user, which bound themselves.
    const device = await this.#faults.call('open', () => this.#inner.open(options), { limit: Infinity })
    this.#faults.checkMade('open', 'TUN device', device)
    return guardDevice(device, this.#faults)
  }
}

function guardDevice(inner: TunDevice, faults: Faults): TunDevice {
  const asked = async (operation: string, work: () => Promise<void>) => {
    try {
      await work()
    } catch (thrown) {
      throw isQanatError(thrown) ? thrown : faults.threw(operation, thrown)
    }
  }
  const handlersFor = (handlers: TunHandlers): TunHandlers => ({
    receive(packets) {
      if (isPackets(packets)) outOfScope(() => handlers.receive(packets))
      else handlers.failed(faults.wrong('receive', 'told of something that is no list of packets'))
    },
    failed(error) {
      const named = faults.said('failed', error)
      outOfScope(() => handlers.failed(named))
    },
  })
  let closing: Promise<void> | undefined
  return {
    name: inner.name,
    get drops() {
      return faults.naming('drops', () => inner.drops)
    },
    start: (handlers) => faults.naming('start', () => inner.start(handlersFor(handlers))),
    write: (packets) => faults.naming('write', () => inner.write(packets)),
    pause: () => faults.naming('pause', () => inner.pause()),
    resume: () => faults.naming('resume', () => inner.resume()),
    ...(inner.changeRoutes && {
      changeRoutes: (added, removed) => asked('changeRoutes', () => inner.changeRoutes!(added, removed)),
    }),
    ...(inner.change && { change: (change) => asked('change', () => inner.change!(change)) }),
    close() {
      closing ??= faults.end('close', () => inner.close())
      return closing
    },
  }
}

function isPackets(packets: unknown): packets is readonly Packet[] {
  return (
    Array.isArray(packets) &&
    packets.every((packet: Packet | undefined) => packet?.bytes instanceof Uint8Array)
  )
}
