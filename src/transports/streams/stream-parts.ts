import type net from 'node:net'
import { asError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { ThrottledWarnings } from '../../core/api/throttled-warnings.js'
import type { StreamSettings } from '../../core/settings/option-groups.js'
import type { Clock } from '../../core/time/clock.js'
import { checkMessageLayout } from '../../native/base/sockets.js'
import { DescriptorGauge } from '../../native/process/descriptor-gauge.js'
import { trimMemory } from '../../native/process/trim-memory.js'
import { BurstRelief } from '../net/burst-relief.js'
import type { Egress } from '../net/egress.js'
import type { PacFiles } from '../pac/pac-files.js'
import type { ProxyLogins } from '../proxy/proxy-logins.js'
import { NativeStreamParts } from './native-stream-parts.js'
import { SendBufferPool } from './send-buffer-pool.js'
import { MAX_WRITE } from './send-queue.js'
import { socketTuner } from './socket-tuner.js'
import type { UnauthenticatedLinks } from './unauthenticated-links.js'

/** What the links of a stream transport share. */
export interface StreamParts {
  readonly clock: Clock
  readonly log: Logger
  readonly memory: SendBufferPool
  readonly unauthenticatedLinks: UnauthenticatedLinks
  /** Tells how many descriptors are free. To be asked once for each that is taken. */
  readonly descriptors: { free(now: number): number }
  /** Is told of each connection that is accepted. */
  readonly relief: BurstRelief
  /** Of what strangers can cause. */
  readonly warnings: ThrottledWarnings
  /** Sets the options of a connected socket that Node has no way to set. */
  readonly tune: (socket: net.Socket) => void
  /** What links on bare descriptors share; absent if the system cannot be called directly. */
  readonly native: NativeStreamParts | undefined
  /** How look-ups and connections leave this host. */
  readonly egress: Egress
  /** What is known of logins at proxies. */
  readonly proxyLogins: ProxyLogins
  /** What PAC files answered. */
  readonly pacFiles: PacFiles
  /** Listening sockets that others may take over, by host and port: what duplicates them, or has none left (-1). */
  readonly offers: Map<string, () => number>
  /** Bytes that may wait for a slow carrier, of links that are opened from now on. */
  readonly sendQueue: number | undefined
}

/** What the parts of an app's streams are made of. */
export interface StreamPartsContext {
  readonly clock: Clock
  readonly log: Logger
  /** As they are by now. */
  readonly streamLimits?: (() => StreamSettings | undefined) | undefined
  readonly unauthenticatedLinks: UnauthenticatedLinks
  readonly egress: Egress
  readonly proxyLogins: ProxyLogins
  readonly pacFiles: PacFiles
}

/** The parts that all stream transports of an app share. */
export function makeStreamParts(context: StreamPartsContext): StreamParts {
  const { clock, egress, log, pacFiles, proxyLogins, streamLimits, unauthenticatedLinks } = context
  return {
    clock,
    log,
    memory: new SendBufferPool(MAX_WRITE),
    unauthenticatedLinks,
    descriptors: new DescriptorGauge(),
    relief: new BurstRelief(clock, trimMemory),
    warnings: new ThrottledWarnings(log),
    tune: socketTuner(log),
    native: nativeParts(log),
    egress,
    proxyLogins,
    pacFiles,
    offers: new Map(),
    get sendQueue() {
      return streamLimits?.()?.sendQueue
    },
  }
}

/** Says once where connections go by Node's own streams, which are slower. */
function nativeParts(log: Logger): NativeStreamParts | undefined {
  try {
    checkMessageLayout()
    return NativeStreamParts.ofProcess()
  } catch (thrown) {
    log.info("using Node's sockets for connections, which are slower", { why: asError(thrown).message })
    return undefined
  }
}
