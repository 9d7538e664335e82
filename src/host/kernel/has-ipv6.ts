import { existsSync } from 'node:fs'
import { inNamespace } from '../../native/process/namespace-scope.js'

/** Whether the host has IPv6 at all. */
export function hasIpv6(): boolean {
  return inNamespace(() => existsSync('/proc/net/if_inet6'))
}
