import { silentLogger } from '../../../src/core/api/logger.js'
import { ThrottledWarnings } from '../../../src/core/api/throttled-warnings.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { native } from '../../../src/native/base/native.js'
import { plainEgress } from '../../../src/transports/dialing/plain-egress.js'
import { BurstRelief } from '../../../src/transports/net/burst-relief.js'
import { PacFiles } from '../../../src/transports/pac/pac-files.js'
import { ProxyLogins } from '../../../src/transports/proxy/proxy-logins.js'
import { NativeStreamParts } from '../../../src/transports/streams/native-stream-parts.js'
import { SendBufferPool } from '../../../src/transports/streams/send-buffer-pool.js'
import { MAX_WRITE } from '../../../src/transports/streams/send-queue.js'
import type { StreamParts } from '../../../src/transports/streams/stream-parts.js'
import { UnauthenticatedLinks } from '../../../src/transports/streams/unauthenticated-links.js'
import { nativeMissing } from '../native-missing.js'

/** A way in which connections are carried. */
export interface StreamWay {
  readonly way: string
  readonly native: NativeStreamParts | undefined
}

/** The ways that there are here; each passes the same tests. */
export const STREAM_WAYS: readonly StreamWay[] = [
  { way: "by Node's sockets", native: undefined },
  ...nativeWay(),
]

function nativeWay(): StreamWay[] {
  if (nativeMissing !== undefined) return []
  return [{ way: 'on bare descriptors', native: new NativeStreamParts(native()) }]
}

/** What a stream transport is made of, on the host's clock, unless a test replaces some of it. */
export function testParts(replaced: Partial<StreamParts> = {}): StreamParts {
  const clock = replaced.clock ?? systemClock
  return {
    clock,
    log: silentLogger,
    memory: new SendBufferPool(MAX_WRITE),
    unauthenticatedLinks: new UnauthenticatedLinks(clock),
    relief: new BurstRelief(clock, () => {}),
    descriptors: { free: () => Number.POSITIVE_INFINITY },
    warnings: new ThrottledWarnings(replaced.log ?? silentLogger),
    tune() {},
    native: undefined,
    egress: plainEgress,
    proxyLogins: new ProxyLogins(clock),
    offers: new Map(),
    pacFiles: new PacFiles(clock),
    sendQueue: undefined,
    ...replaced,
  }
}
