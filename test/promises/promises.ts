import type { Kept } from './mutant.js'
import { onTheHost } from './on-the-host.js'
import { onTheWire } from './on-the-wire.js'
import { underLoad } from './under-load.js'

/** The promises of docs/security.md, and for each what would break it. */
export const promises: readonly Kept[] = [...onTheWire, ...underLoad, ...onTheHost]
