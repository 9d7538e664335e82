import type { TunHost } from '../../../src/conformance/tun/tun-host.js'
import type { TunSetup } from '../../../src/conformance/tun/tun-lab.js'
import { payloadsOf, type TunPlace, udpPacket } from '../../../src/conformance/tun/tun-place.js'
import { TunError } from '../../../src/core/api/errors.js'
import { type Packet, packetOf } from '../../../src/core/api/packet.js'
import type { TunDevice, TunDriver, TunHandlers, TunOptions } from '../../../src/core/api/tun-device.js'
import { writeChecksums } from '../../../src/core/hooks/edit-packet.js'

/** A TUN driver whose interfaces are in memory; each of its steps can be broken. */
export interface Steps {
  /** Opens by `inner`, which works. */
  open?(options: TunOptions, inner: TunDriver['open']): Promise<TunDevice>
  /** Members of each device in place of its own. */
  device?(device: TunDevice, interfaces: Map<string, Interface>): Partial<TunDevice>
  /** What is told of an interface's end and of packets, in place of what a sound device tells. */
  told?(handlers: TunHandlers, device: Interface): Partial<TunHandlers>
  /** Packets of the host as they are lent. */
  lent?(packets: Packet[]): Packet[]
}

/** An interface in memory: what a kernel has of it. */
export class Interface {
  handlers: TunHandlers | undefined
  paused = false
  closed = false
  readonly drops = { refused: 0 }
  /** Payloads that came to the host. */
  readonly taken: Uint8Array[] = []
  /** Packets that wait while it is paused or not started. */
  readonly waiting: Packet[] = []
  mtu: number

  constructor(mtu: number) {
    this.mtu = mtu
  }

  /** Hands over what waits, in batches of at most five. */
  deliver(lent: NonNullable<Steps['lent']>): void {
    while (this.handlers !== undefined && !this.paused && !this.closed && this.waiting.length > 0)
      this.handlers.receive(lent(this.waiting.splice(0, 5)))
  }

  take(packet: Packet): void {
    const payloads = payloadsOf(packet)
    if (packet.bytes.length > 65_535 || payloads.length === 0) this.drops.refused++
    else this.taken.push(...payloads.map((payload) => Uint8Array.from(payload)))
  }
}

/** What a case is run with, for a driver that is broken so. */
export function brokenTun(steps: Steps = {}): TunSetup {
  const { lent = (packets) => packets } = steps
  const interfaces = new Map<string, Interface>()
  const all = new Map<TunDevice, Interface>()
  let isAllowed = true
  const inner: TunDriver['open'] = async ({ name = 'tun0', mtu, made }) => {
    if (!isAllowed)
      throw new TunError('Cannot open a TUN device: permission denied', { code: 'ERR_TUN_PERMISSION' })
    if (interfaces.has(name))
      throw new TunError(`Cannot name the TUN device: '${name}' is in use`, { code: 'ERR_TUN_NAME' })
    const made_ = new Interface(mtu)
    interfaces.set(name, made_)
    try {
      await made?.(name)
    } catch (thrown) {
      interfaces.delete(name)
      throw thrown
    }
    const sound = deviceOf(name, made_, interfaces, steps)
    const device = Object.defineProperties(
      sound,
      Object.getOwnPropertyDescriptors(
        steps.device?.(deviceOf(name, made_, interfaces, steps), interfaces) ?? {},
      ),
    )
    all.set(device, made_)
    return device
  }
  return {
    driver: { open: (options) => steps.open?.(options, inner) ?? inner(options) },
    host: (device, place) => hostOf(all.get(device)!, place, lent),
    async withoutRights(work) {
      isAllowed = false
      try {
        return await work()
      } finally {
        isAllowed = true
      }
    },
  }
}

function deviceOf(
  name: string,
  made: Interface,
  interfaces: Map<string, Interface>,
  steps: Steps,
): TunDevice {
  return {
    name,
    drops: made.drops,
    start(handlers) {
      made.handlers = { ...handlers, ...steps.told?.(handlers, made) }
    },
    write(packets) {
      if (!made.closed) for (const packet of packets) made.take(packet)
    },
    pause() {
      made.paused = true
    },
    resume() {
      made.paused = false
    },
    async change({ mtu }) {
      made.mtu = mtu ?? made.mtu
    },
    async close() {
      made.closed = true
      interfaces.delete(name)
    },
  }
}

function hostOf(made: Interface, { local, far }: TunPlace, lent: NonNullable<Steps['lent']>): TunHost {
  const leave = (packets: readonly Packet[]) => {
    made.waiting.push(...packets)
    setImmediate(() => made.deliver(lent))
  }
  const packet = (payload: Uint8Array) => packetOf(udpPacket(local, far, payload))
  return {
    taken: made.taken,
    send: (payloads) => leave(payloads.filter(({ length }) => length + 28 <= made.mtu).map(packet)),
    sendTogether(payloads) {
      const together: Packet = { ...packet(Buffer.concat(payloads)), checksum: 'partial' }
      writeChecksums(together)
      leave([{ ...together, segmentSize: payloads[0]!.length }])
    },
    removeDevice() {
      made.closed = true
      made.handlers?.failed(new TunError('Cannot read: the interface is gone', { code: 'ERR_TUN_FAILED' }))
    },
  }
}
