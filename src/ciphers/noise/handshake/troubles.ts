import type { PeerId, Trouble } from '../../../core/api/cipher.js'
import { catalogued, type PlainCode } from '../../../core/reasons/reason.js'

/** What is remembered at once: an attacker can make up any number of remotes. */
const MAX_TROUBLES = 16
/** Milliseconds. Ends that are not answered ask every 5 to 30 s, so what was silent for so long is over. */
const KEPT_FOR = 180_000
/** Milliseconds between notes of one code: a flood costs one comparison for each initiation. */
const LEAST_BETWEEN = 100

/** Whose handshake came to nothing. */
export interface TroubleOf {
  readonly peer?: PeerId
  readonly remote?: string
}

/** Why handshakes came to nothing a short time ago, for status. */
export class HandshakeTroubles {
  /** The one noted last at the end. */
  readonly #known = new Map<string, Trouble>()
  readonly #notedAt = new Map<PlainCode, number>()

  note(code: PlainCode, { peer, remote }: TroubleOf, now: number): void {
    if (now - (this.#notedAt.get(code) ?? Number.NEGATIVE_INFINITY) < LEAST_BETWEEN) return
    this.#notedAt.set(code, now)
    const key = `${code} ${peer ?? ''} ${hostOf(remote)}`
    const times = (this.#known.get(key)?.times ?? 0) + 1
    this.#known.delete(key)
    this.#known.set(key, { reason: catalogued(code), peer, remote, at: now, times })
    if (this.#known.size > MAX_TROUBLES) this.#known.delete(this.#known.keys().next().value!)
  }

  /** A peer proved itself from there: what was wrong with unknown sources of that host is over. */
  succeeded(remote: string): void {
    if (this.#known.size === 0) return
    const host = hostOf(remote)
    for (const [key, known] of this.#known)
      if (known.remote !== undefined && hostOf(known.remote) === host) this.#known.delete(key)
  }

  /** Those that are not over. @param handshakeAt tells when the newest handshake with a peer ended. */
  at(now: number, handshakeAt: (peer: PeerId) => number | undefined): readonly Trouble[] {
    return [...this.#known.values()].filter(({ at, peer }) => {
      const isMended = peer !== undefined && (handshakeAt(peer) ?? Number.NEGATIVE_INFINITY) >= at
      return !isMended && now - at < KEPT_FOR
    })
  }
}

/** A remote without its port, which is another one after a restart. */
function hostOf(remote = ''): string {
  return remote.replace(/:\d+$/, '')
}
