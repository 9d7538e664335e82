import type { Cipher } from '../api/cipher.js'
import type { Logger } from '../api/logger.js'
import type { TraitsOf } from '../api/transport.js'
import type { TunDevice } from '../api/tun-device.js'
import type { HookChain } from '../hooks/hook-chain.js'
import type { Segmenter } from '../offload/index.js'
import type { Peers } from '../peers/peers.js'
import type { Clock } from '../time/clock.js'
import type { FirstSender } from './first-sender.js'

/** What a pump is put together from. */
export interface PumpParts {
  readonly tun: TunDevice
  readonly cipher: Cipher
  readonly peers: Peers
  readonly firstSender: FirstSender
  readonly segmenter: Segmenter
  /** What looks at packets on their way; absent if nothing does. */
  readonly hooks?: HookChain | undefined
  /** Bytes of the largest packet of the TUN device, at first. */
  readonly mtu: number
  readonly clock: Clock
  readonly log: Logger
  /** How the transports of links behave; nothing is known of them if absent. */
  readonly traits?: TraitsOf | undefined
  /** The routes to peers carry more or less than before. Called amid work: it does nothing there but note it. */
  readonly routesDiffer?: (() => void) | undefined
  /** Something failed permanently: the tunnel's owner closes it. Called at most once. */
  readonly failed: (error: Error) => void
}

/** The same, so that it looks alike to V8 whoever made it: what a spread makes does not, and fast code would be thrown away for it. */
export function ofOneShape(parts: PumpParts): PumpParts {
  const { cipher, clock, failed, firstSender, hooks, log, mtu, peers, routesDiffer, segmenter, traits, tun } =
    parts
  return { cipher, clock, failed, firstSender, hooks, log, mtu, peers, routesDiffer, segmenter, traits, tun }
}
