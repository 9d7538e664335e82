import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { TunnelConfig } from '../../core/api/config.js'
import { bareHost } from '../../core/ip/bare-host.js'
import type { Clock } from '../../core/time/clock.js'
import { chooseProxy } from '../../transports/proxy/choose-proxy.js'

/** Milliseconds that looking up may hold up a start. */
const PATIENCE = 3_000

/**
 * The addresses of all hosts that a tunnel is carried by, endpoints and proxies, as the system looks them up. Those
 * that take too long come into the map later, or never.
 */
export async function knownAddresses(
  config: TunnelConfig,
  clock: Clock,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const known = new Map<string, readonly string[]>()
  const lookUps = Promise.all(
    [...hostsOf(config)].map(async (host) => {
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
function hostsOf({ peers, transports }: TunnelConfig): Set<string> {
  const hosts = new Set<string>()
  for (const endpoint of peers.flatMap(({ endpoints }) => endpoints)) {
    for (const { hostname } of [endpoint, ...proxyOf(endpoint, transports?.proxy)]) {
      if (isIP(bareHost(hostname)) === 0) hosts.add(hostname)
    }
  }
  return hosts
}

/** One that cannot be used is complained of when it is dialled. */
function proxyOf(endpoint: URL, settings: Parameters<typeof chooseProxy>[1]): URL[] {
  try {
    const proxy = endpoint.protocol === 'udp:' ? undefined : chooseProxy(endpoint, settings)
    return proxy === undefined ? [] : [proxy.url]
  } catch {
    return []
  }
}
