/** Datagrams and packets that a Noise cipher dropped, by cause. */
export function newDrops() {
  return {
    /** Datagrams of no known kind or length, counters out of range, and texts that are no frame. */
    malformed: 0,
    /** Datagrams whose mac1 is wrong: of unknown sources, or of an end with another key. */
    wrongMac1: 0,
    /** Messages that do not open: forged, or of an end with another key. */
    authFailed: 0,
    /** Messages with a public key of low order. */
    lowOrder: 0,
    /** Datagrams for an index that is not in use. */
    unknownIndex: 0,
    /** Initiations of a static key that is no peer's, and packets to no peer. */
    unknownPeer: 0,
    /** Initiations that are not newer than the last: replayed, or of a peer whose clock went back. */
    stale: 0,
    /** Initiations with this end's own id. */
    reflected: 0,
    /** Initiations above a limit. */
    limited: 0,
    /** Initiations that were answered by a cookie. */
    unauthenticated: 0,
    /** Data whose counter was seen before or lies behind the window. */
    replayed: 0,
    /** Data of a session that is too old. */
    expired: 0,
    /** Packets that would have made too large a datagram. */
    oversized: 0,
    /** Super-packets and packets with partial checksums to a peer that does not take them. */
    unsplit: 0,
    /** Packets that waited for a session in vain, or were for a peer that had said goodbye. */
    staged: 0,
  }
}

export type Drops = ReturnType<typeof newDrops>
/** Why something was dropped. */
export type DropCause = keyof Drops
