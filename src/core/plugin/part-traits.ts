import type { CipherTraitsOf } from '../api/cipher.js'
import type { TraitsOf } from '../api/transport.js'

/** What is known of the parts that a configuration may name: of those that come with Qanat, and of plugins' that are loaded. */
export interface PartTraits {
  readonly transport: TraitsOf
  readonly cipher: CipherTraitsOf
  /** Schemes that a new server may be reached by, the most usual first. */
  readonly offered: readonly string[]
}
