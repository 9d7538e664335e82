import type { TunnelConfig } from '../../core/api/config.js'
import type { Logger } from '../../core/api/logger.js'
import type { TraitsOf } from '../../core/api/transport.js'
import { STREAM_SETTINGS } from '../../core/settings/option-groups.js'
import { descriptorLimit, openDescriptors } from '../../native/process/descriptors.js'

/** Descriptors that are kept for the end of a tunnel: pipes for `ip` and `nft`, two at a time, and what they open. */
export const RESERVED_DESCRIPTORS = 16
/** Descriptors of a peer that is dialled over streams: its carrier, and the better one that is tried. */
const DIALLED = 2
/** Descriptors of a listener: its socket, and another one for it while it pauses. */
const LISTENING = 2

/** How many descriptors a tunnel may come to need, besides those that are open at its start. */
export function descriptorsFor({ listen, peers, transports }: TunnelConfig, traits: TraitsOf): number {
  /** Whether each peer costs a descriptor; carriers of datagrams share one. */
  const isStream = ({ protocol }: URL) => traits(protocol).kind !== 'datagram'
  const accepts = listen.some(isStream)
  const unauthenticated =
    transports?.groups?.streams?.maxUnauthenticated ?? STREAM_SETTINGS.maxUnauthenticated.default
  const dialled = peers.filter(({ endpoints }) => endpoints.some(isStream)).length
  const others = accepts ? unauthenticated + peers.length - dialled : 0
  return listen.length * LISTENING + dialled * DIALLED + others
}

/**
 * Tells if this process may not have as many descriptors as the tunnel may come to need, the reserve being open already:
 * strangers are shut out sooner then.
 */
export function warnOfFewDescriptors(
  config: TunnelConfig,
  traits: TraitsOf,
  log: Logger,
  limit: number = descriptorLimit(),
): void {
  const needed = openDescriptors() + descriptorsFor(config, traits)
  if (needed <= limit) return
  const fields = { limit, needed }
  log.warn(
    'this process may open too few files for what is configured: raise RLIMIT_NOFILE (ulimit -n)',
    fields,
  )
}
