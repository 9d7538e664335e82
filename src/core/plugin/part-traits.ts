import type { CipherTraitsOf } from '../api/cipher.js'
import type { TraitsOf } from '../api/transport.js'
import type { OptionFault, PluginOptions } from '../settings/plugin-options.js'

/** What is known of the parts that a configuration may name: of those that come with Qanat, and of plugins' that are loaded. */
export interface PartTraits {
  readonly transport: TraitsOf
  readonly cipher: CipherTraitsOf
  /** Schemes that a new server may be reached by, the most usual first. */
  readonly offered: readonly string[]
  /**
   * What transport and plugin have against an endpoint, each to stand behind what it is called; nothing if its transport is
   * not known.
   */
  readonly endpointFaults: (endpoint: URL) => readonly string[]
  /** What is wrong with what is said of options, as far as plugins are loaded. */
  readonly optionFaults: (said: PluginOptions | undefined) => readonly OptionFault[]
}
