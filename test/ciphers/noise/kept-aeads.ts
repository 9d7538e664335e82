import type { AeadFactory } from '../../../src/ciphers/aead/aead.js'
import { nodeAead } from '../../../src/ciphers/aead/aead-node.js'
import type { Aead } from '../../../src/core/api/aead.js'

/** A key that was made usable, as it was then. */
interface Made {
  readonly key: Uint8Array
  readonly aead: Aead
}

/** A way to seal that remembers all keys that were made usable, and which of them were not erased. */
export class KeptAeads {
  readonly made: Made[] = []
  readonly #live = new Set<Made>()

  readonly way: AeadFactory = (name, key) => {
    const aead = nodeAead(name, key)
    const made = { key: key.slice(), aead }
    this.made.push(made)
    this.#live.add(made)
    const { erase } = aead
    aead.erase = () => {
      this.#live.delete(made)
      erase.call(aead)
    }
    return aead
  }

  /** Those that can still be used. */
  get live(): readonly Made[] {
    return [...this.#live]
  }
}
