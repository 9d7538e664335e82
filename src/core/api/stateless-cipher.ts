import { clearList } from '../bytes/clear-list.js'
import type { Cipher, Opened, OpenResult, PeerId } from './cipher.js'
import type { Packet } from './packet.js'

/** What a stateless cipher is made of. */
export interface StatelessCipher {
  /** At most this many bytes are added to a packet; 0 if absent. */
  readonly overhead?: number
  /** The datagram of a packet. It may be the packet's own bytes, changed in place. */
  seal(packet: Uint8Array): Uint8Array
  /** The packet of a datagram, which may be the datagram's own bytes; undefined drops the datagram. */
  open(datagram: Uint8Array): Uint8Array | undefined
}

/**
 * Makes a Cipher out of two functions. It has one peer, no keys to agree on, and proves nothing: such a peer
 * never roams. Its functions never throw for what a remote sent:
 * a throw is a bug and ends the tunnel.
 *
 * @param peer the id of the only peer that the cipher's settings have.
 * @param functions what makes a datagram of a packet, and the other way round.
 * @throws nothing.
 * @example
 * const flip = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 0xff)
 * const cipher = statelessCipher(peers[0]!.id, { seal: flip, open: flip })
 */
export function statelessCipher(peer: PeerId, functions: StatelessCipher): Cipher {
  const drops = { malformed: 0, oversized: 0 }
  const sealed: Uint8Array[] = []
  const packets: Packet[] = []
  const group: Opened = { peer, packets, roams: true, probeReplies: [] }
  const some: OpenResult = { opened: [group], replies: [] }
  const none: OpenResult = { opened: [], replies: [] }
  return {
    overhead: functions.overhead ?? 0,
    authenticates: false,
    drops,
    nextTick: Number.POSITIVE_INFINITY,
    seal(_peer, batch, maxDatagram) {
      clearList(sealed)
      for (const packet of batch) {
        const datagram = functions.seal(packet.bytes)
        if (datagram.length <= maxDatagram) sealed.push(datagram)
        else drops.oversized++
      }
      return sealed
    },
    open(_link, datagrams) {
      clearList(packets)
      for (const datagram of datagrams) {
        const bytes = functions.open(datagram)
        if (bytes === undefined) drops.malformed++
        else packets.push({ bytes, segmentSize: 0, checksum: 'full' })
      }
      return packets.length > 0 ? some : none
    },
    tick: () => [],
    close() {},
  }
}
