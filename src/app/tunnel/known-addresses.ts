import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { TunnelConfig } from '../../core/api/config.js'
import type { TraitsOf } from '../../core/api/transport.js'
import { bareHost } from '../../core/ip/bare-host.js'
import type { Clock } from '../../core/time/clock.js'
import { hasHost } from '../carriers/has-host.js'
import { connectedTo } from '../carriers/proxy-before.js'

/** Milliseconds that looking up may hold up a start. */
const PATIENCE = 3_000

/**
 * The addresses of all hosts that a tunnel is carried by, endpoints and proxies, as the system looks them up. Those
 * that take too long come into the map later, or never.
 */
export async function knownAddresses(
  config: TunnelConfig,
  traits: TraitsOf,
  clock: Clock,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const known = new Map<string, readonly string[]>()
  const lookUps = Promise.all(
    [...hostsOf(config, traits)].map(async (host) => {
      const found = await lookup(host, { all: true }).catch(() => [])
      if (found.length > 0)
        known.set(
          host,
          found.map(({ address }) => address),
        )
    }),
  )
  await new Promise<void>((resolve) => {
    const timer = clock.schedule(PATIENCE, resolve)
    void lookUps.then(() => {
      timer.cancel()
      resolve()
    })
  })
  return known
}

/** The names among them: addresses need no look-up. */
function hostsOf({ peers, transports }: TunnelConfig, traits: TraitsOf): Set<string> {
  const hosts = new Set<string>()
  for (const endpoint of peers.flatMap(({ endpoints }) => endpoints)) {
    const carriers = connectedTo(endpoint, transports?.proxy, traits).filter((one) => one !== endpoint)
    const dialled = hasHost(endpoint, traits) ? [endpoint] : []
    for (const { hostname } of [...dialled, ...carriers]) {
      if (isIP(bareHost(hostname)) === 0) hosts.add(hostname)
    }
  }
  return hosts
}
