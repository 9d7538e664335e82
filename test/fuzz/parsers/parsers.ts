import type { FuzzParser } from '../../support/fuzz/fuzz-parser.js'
import { dns } from './dns.js'
import { streamFrames } from './stream-frames.js'
import { webSocketFrames } from './websocket-frames.js'

/** Every parser that a stranger, a far end or a local user reaches. */
export const PARSERS: readonly FuzzParser[] = [streamFrames, webSocketFrames, dns]
