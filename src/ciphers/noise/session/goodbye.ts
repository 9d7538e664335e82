import type { KeyPair } from './key-pair.js'
import type { KeySlots } from './key-slots.js'

/**
 * What a peer's goodbye comes to. It counts in the newest session alone and if it is the newest datagram there, and until
 * something newer proves that the peer goes on: a later datagram of that session, or a session after it. What was sent
 * before it and comes late changes nothing.
 */
export class Goodbye {
  readonly #keys: Pick<KeySlots, 'current'>
  #said: { readonly keyPair: KeyPair; readonly counter: number } | undefined

  constructor(keys: Pick<KeySlots, 'current'>) {
    this.#keys = keys
  }

  /** The datagram that was opened last, by `keyPair`, is a goodbye. */
  said(keyPair: KeyPair): void {
    if (keyPair !== this.#keys.current || !keyPair.openedNewest) return
    this.#said = { keyPair, counter: keyPair.greatest }
  }

  /** Whether it holds. */
  get stands(): boolean {
    if (this.#said === undefined) return false
    const { counter, keyPair } = this.#said
    const { current } = this.#keys
    const isNewest = current === undefined || current === keyPair // erased with time, its session is still the last
    if (!isNewest || keyPair.greatest > counter) this.#said = undefined
    return this.#said !== undefined
  }
}
