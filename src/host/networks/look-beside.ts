import { isQanatError } from '../../core/api/errors.js'
import { gatewaysOf } from '../../native/netlink/route.js'
import { RouteNetlink } from '../../native/netlink/route-netlink.js'
import { routingOf, type Shown } from './host-routing.js'
import type { HostRouting } from './judge-route.js'

/**
 * The routes of the host but those of the interface `device`, looked at now.
 *
 * @throws QanatError if they cannot be looked at.
 */
export async function lookBeside(device: string): Promise<HostRouting> {
  const shown = showByNetlink() ?? (await (await import('./show-by-program.js')).showByProgram())
  return routingOf(shown, device)
}

/** Undefined if the system cannot be called directly. */
function showByNetlink(): Shown | undefined {
  let network: RouteNetlink
  try {
    network = new RouteNetlink()
  } catch (thrown) {
    if (isQanatError(thrown) && thrown.code === 'ERR_NATIVE') return undefined
    throw thrown
  }
  try {
    // The kernel's bytes are Buffers, whose text would be another one.
    const routes = network.routes().map((route) => ({
      ...route,
      destination: { ...route.destination, address: Uint8Array.from(route.destination.address) },
      gateways: gatewaysOf(route).map((gateway) => Uint8Array.from(gateway)),
    }))
    const rules = ([4, 6] as const).flatMap((family) => network.rules(family))
    return { links: network.links(), addresses: network.addresses(), routes, rules }
  } finally {
    network.close()
  }
}
