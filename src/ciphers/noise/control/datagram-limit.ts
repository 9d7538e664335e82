import type { Link } from '../../../core/api/transport.js'
import { CONTROL_TYPES, type ControlItem, writeControl } from './control.js'

/** Item type: bytes of the largest datagram, 2, big-endian. */
const LARGEST_ITEM = 1

/** Bytes that the largest datagrams of a link may be bounded to. Below that nothing could be carried; a frame has no more. */
export const DATAGRAM_LIMITS = { min: 1_024, max: 65_535 } as const

/**
 * Says how large datagrams may be that its receiver sends by the link it came by. Throws a RangeError if that is not
 * within DATAGRAM_LIMITS.
 */
export function writeDatagramLimit(id: number, bytes: number): Uint8Array {
  if (!isLimit(bytes))
    throw new RangeError(
      `Cannot tell a limit of datagrams: ${bytes} is not within ${DATAGRAM_LIMITS.min} to ${DATAGRAM_LIMITS.max}`,
    )
  const value = Uint8Array.of(bytes >>> 8, bytes)
  return writeControl({ type: CONTROL_TYPES.datagramLimit, id, items: [{ type: LARGEST_ITEM, value }] })
}

/** The limit that items hold; undefined if they hold none, or one that cannot be. */
export function readDatagramLimit(items: readonly ControlItem[]): number | undefined {
  const item = items.find(({ type }) => type === LARGEST_ITEM)
  if (item?.value.length !== 2) return undefined
  const bytes = (item.value[0]! << 8) | item.value[1]!
  return isLimit(bytes) ? bytes : undefined
}

/** What one peer was told in this session of the links that it uses. */
export class ToldLimits {
  #told = new WeakMap<Link, number>()

  /** Bytes that the peer is to be told of, since it does not know that a link bounds what it sends; undefined if it is. */
  untold(link: Link): number | undefined {
    const { maxIncoming } = link
    if (maxIncoming === undefined || !isLimit(maxIncoming)) return undefined
    return this.#told.get(link) === maxIncoming ? undefined : maxIncoming
  }

  /** The peer was told so of a link. */
  told(link: Link, bytes: number): void {
    this.#told.set(link, bytes)
  }

  /** A session began, whose peer may have forgotten all. */
  forget(): void {
    this.#told = new WeakMap()
  }
}

function isLimit(bytes: number): boolean {
  return Number.isInteger(bytes) && bytes >= DATAGRAM_LIMITS.min && bytes <= DATAGRAM_LIMITS.max
}
