import type { FuzzParser } from '../../support/fuzz/fuzz-parser.js'
import { toml, wgQuick } from './config-files.js'
import { control } from './control.js'
import { datagrams } from './datagrams.js'
import { dns } from './dns.js'
import { httpUpgrade } from './http-upgrade.js'
import { journal, lock } from './local-files.js'
import { proxies } from './proxies.js'
import { sealedFrames } from './sealed-frames.js'
import { streamFrames } from './stream-frames.js'
import { tlsRecords } from './tls-records.js'
import { uapi } from './uapi.js'
import { webSocketFrames } from './websocket-frames.js'

/** Every parser that a stranger, a far end or a local user reaches. */
export const PARSERS: readonly FuzzParser[] = [
  datagrams,
  sealedFrames,
  streamFrames,
  webSocketFrames,
  httpUpgrade,
  tlsRecords,
  dns,
  proxies,
  control,
  uapi,
  lock,
  journal,
  toml,
  wgQuick,
]
