import { packetOf } from '../../core/api/packet.js'
import type { Clock } from '../../core/time/clock.js'

/** What befalls datagrams between the ends of a hub. May be changed at any time; absent is 0 or false. */
export interface Faults {
  /** Milliseconds on the way. */
  delay?: number
  /** Nothing arrives and nobody is notified, as on a dead carrier. A stream does not recover from it. */
  severed?: boolean
  /** Bytes: larger datagrams are lost, as on a path with a smaller MTU whose routers are silent. Not on streams. */
  limit?: number
  /** Part of the datagrams that is lost, 0 to 1. Streams lose nothing. */
  loss?: number
  /** Part that arrives twice, 0 to 1. Not on streams. */
  duplication?: number
  /** Part that is held back for HELD_BACK, so that later datagrams overtake it, 0 to 1. Not on streams. */
  reordering?: number
}

/** Milliseconds that a reordered datagram comes later than the others. */
export const HELD_BACK = 10

/** What a hub is made of. */
export interface HubOptions {
  /** Delivers: nothing arrives before the clock moves on, so no call of `send` ever enters a `receive`. */
  readonly clock: Clock
  readonly faults?: Faults
  /** From 0 to below 1, for the faults. */
  readonly random?: () => number
}

/** Where the ends of in-process transports meet: names, and the way of the bytes between them. */
export class MemoryHub<Port> {
  faults: Faults
  readonly #clock: Clock
  readonly #random: () => number
  readonly #ports = new Map<string, Port>()
  #anonymous = 0

  constructor({ clock, faults = {}, random = Math.random }: HubOptions) {
    this.#clock = clock
    this.#random = random
    this.faults = faults
  }

  /** A name for an end that has none of its own. */
  newName(): string {
    return `anonymous-${++this.#anonymous}`
  }

  /** Gives `port` a name that no other port has; undefined if `name` is taken. */
  bind(port: Port, name = this.newName()): string | undefined {
    if (this.#ports.has(name)) return undefined
    this.#ports.set(name, port)
    return name
  }

  find(name: string): Port | undefined {
    return this.#ports.get(name)
  }

  release(name: string): void {
    this.#ports.delete(name)
  }

  /** Copies the batch and passes it to `arrive`, once the faults allow and with what they leave of it. */
  carry(datagrams: readonly Uint8Array[], arrive: (datagrams: readonly Uint8Array[]) => void): void {
    const {
      delay = 0,
      severed,
      limit = Number.POSITIVE_INFINITY,
      loss = 0,
      duplication = 0,
      reordering = 0,
    } = this.faults
    if (severed) return
    const punctual: Uint8Array[] = []
    const late: Uint8Array[] = []
    for (const datagram of datagrams) {
      if (datagram.length > limit || this.#random() < loss) continue
      const batch = this.#random() < reordering ? late : punctual
      batch.push(copyOf(datagram))
      if (this.#random() < duplication) batch.push(copyOf(datagram))
    }
    if (punctual.length > 0) this.#clock.schedule(delay, () => arrive(punctual))
    if (late.length > 0) this.#clock.schedule(delay + HELD_BACK, () => arrive(late))
  }

  /** Calls `arrive` after the delay; never where the carrier is severed. */
  after(arrive: () => void): void {
    if (!this.faults.severed) this.#clock.schedule(this.faults.delay ?? 0, arrive)
  }
}

/** Own bytes with room around them, as a carrier's receive buffer has. */
export function copyOf(datagram: Uint8Array): Uint8Array {
  return packetOf(datagram).bytes
}
