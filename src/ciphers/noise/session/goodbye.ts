import type { KeyPair } from './key-pair.js'
import type { KeySlots } from './key-slots.js'

/**
 * What a peer's goodbye comes to. It counts if it is the newest datagram of its session, and if nothing came by the newest
 * session when that is another one: as long as a session is not confirmed, a peer that answered for it seals with the one before,
 * and of two that were started at once with its own. It stands until something newer proves that the peer goes on: a later
 * datagram of its session, one of the newest session, or a session after that. What was sent before it and comes late changes
 * nothing.
 */
export class Goodbye {
  readonly #keys: Pick<KeySlots, 'current'>
  /** `newest` is the newest session at that time, whose datagrams take the goodbye back. */
  #said: { readonly keyPair: KeyPair; readonly counter: number; readonly newest: KeyPair } | undefined

  constructor(keys: Pick<KeySlots, 'current'>) {
    this.#keys = keys
  }

  /** The datagram that was opened last, by `keyPair`, is a goodbye. */
  said(keyPair: KeyPair): void {
    const newest = this.#keys.current
    if (newest === undefined || !keyPair.openedNewest) return
    if (keyPair === newest || newest.greatest < 0) this.#said = { keyPair, counter: keyPair.greatest, newest }
  }

  /** Whether it stands and is that of a peer which began the session: that one comes back by itself, or not at all. */
  get hasLeft(): boolean {
    return this.stands && !this.#said!.keyPair.initiator
  }

  /** The peer answered a handshake, and so goes on. */
  takenBack(): void {
    this.#said = undefined
  }

  /** Whether it holds. */
  get stands(): boolean {
    if (this.#said === undefined) return false
    const { counter, keyPair, newest } = this.#said
    const { current } = this.#keys
    const isNewest = current === undefined || current === newest // erased with time, its session is still the last
    const isOvertaken = keyPair.greatest > counter || (newest !== keyPair && newest.greatest >= 0)
    if (!isNewest || isOvertaken) this.#said = undefined
    return this.#said !== undefined
  }
}
