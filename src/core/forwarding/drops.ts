/** What counts drops, by cause. */
interface Counting {
  readonly drops: Readonly<Record<string, number>>
}

/** The causes of drops that came up, each as `part.cause`. */
export function dropsOf(parts: Readonly<Record<string, Counting>>): Record<string, number> {
  const found: Record<string, number> = {}
  for (const [part, { drops }] of Object.entries(parts)) {
    for (const [cause, count] of Object.entries(causesOf(drops))) found[`${part}.${cause}`] = count
  }
  return found
}

/** The causes of drops that came up. */
export function causesOf(drops: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(drops).filter(([, count]) => count > 0))
}

/** Packets and datagrams that a pump itself dropped, by cause. */
export function newPumpDrops() {
  return {
    malformed: 0,
    unroutable: 0,
    linkless: 0,
    congested: 0,
    /** Packets that no datagram to their peer may hold whole; the host is told to send smaller ones. */
    tooLarge: 0,
    foreignSource: 0,
    isolated: 0,
    unknownSource: 0,
    /** Packets that the cipher says are of a peer that there is not, or no longer. */
    unknownPeer: 0,
  }
}
