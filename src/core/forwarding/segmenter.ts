import type { Packet } from '../api/packet.js'

/**
 * Makes of super-packets what a link or a far end can take. Batches keep their order. What it yields is never empty, lies
 * in memory with room around it, and is lent until the next batch is asked for; until then nobody else calls the segmenter.
 * Packets that cannot be segmented are dropped and counted.
 */
export interface Segmenter {
  /**
   * Splits super-packets into plain packets and lets the others through, in one batch or, if they are many, in
   * several. With `full`, checksums are completed: for far ends that do not know partial ones.
   */
  segment(packets: readonly Packet[], checksum: Packet['checksum']): Iterable<readonly Packet[]>
  /** Packets dropped so far, by cause. */
  readonly drops: Readonly<Record<string, number>>
}
