import type { TraitsOf } from '../../core/api/transport.js'

/** Whether an endpoint names a host, by an address or a name that is looked up. What a plugin does not say, the URL tells. */
export function hasHost({ hostname, protocol }: URL, traits: TraitsOf): boolean {
  return hostname !== '' && (traits(protocol).authority ?? 'host') === 'host'
}
