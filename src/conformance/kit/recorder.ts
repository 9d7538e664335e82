import type { Link, LinkHandlers } from '../../core/api/transport.js'

/** A datagram as it arrived: a copy, and the link it came by. */
export interface Arrival {
  readonly link: Link
  readonly bytes: Uint8Array
}

/** Handlers that note what they are told and overwrite what they are lent, as they may. */
export class Recorder implements LinkHandlers {
  readonly arrivals: Arrival[] = []
  readonly drains: Link[] = []
  readonly ends: { link: Link; error: Error | undefined }[] = []
  readonly failures: Error[] = []

  receive(link: Link, datagrams: readonly Uint8Array[]): void {
    for (const datagram of datagrams) {
      this.arrivals.push({ link, bytes: Uint8Array.from(datagram) })
      datagram.fill(0xee)
    }
  }

  drained(link: Link): void {
    this.drains.push(link)
  }

  closed(link: Link, error?: Error): void {
    this.ends.push({ link, error })
  }

  failed(error: Error): void {
    this.failures.push(error)
  }

  /** The first byte of each datagram that arrived. */
  get marks(): number[] {
    return this.arrivals.map(({ bytes }) => bytes[0]!)
  }
}

/** Bytes that differ between any two lengths or seeds; the first one is the seed. */
export function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let index = 0; index < length; index++) bytes[index] = seed + index * 31 + (index >>> 8)
  return bytes
}

/** Whether two datagrams are equal; faster on large ones than a comparison that explains itself. */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0
}

/** Whether one of some datagrams is equal to another. */
export function includesBytes(all: readonly Uint8Array[], bytes: Uint8Array): boolean {
  return all.some((one) => sameBytes(one, bytes))
}
