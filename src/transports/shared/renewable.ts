import type { Transport } from '../../core/api/transport.js'
import type { TransportSettings } from '../../core/settings/transport-settings.js'

/** A transport that can go by other certificates and keys while it is at work. */
export interface Renewable extends Transport {
  /**
   * Has it go by what [tls] says in these settings: connections that are opened from then on do, all others stay.
   *
   * @returns What has them in force, and cannot fail.
   * @throws ConfigError if they cannot be used; then nothing changes.
   */
  renewal(settings: TransportSettings): () => void
}

export function isRenewable(transport: Transport): transport is Renewable {
  return 'renewal' in transport
}
