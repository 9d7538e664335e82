import type { Packet } from '../api/packet.js'

/**
 * Makes of super-packets what a link or a far end can take. Batches keep their order. What is handed to
 * `take` is lent until it returns, lies in memory with room around it, and is never empty; `take` does not
 * call the segmenter. Packets that cannot be segmented are dropped and counted.
 */
export interface Segmenter {
  /**
   * Splits super-packets into plain packets and lets the others through. With `full`, checksums are
   * completed: for far ends that do not know partial ones. `take` is called once or, for large batches,
   * several times.
   */
  segment(
    packets: readonly Packet[],
    checksum: Packet['checksum'],
    take: (packets: readonly Packet[]) => void,
  ): void
  /** Packets dropped so far, by cause. */
  readonly drops: Readonly<Record<string, number>>
}
