import { Resolver } from 'node:dns/promises'
import type { Resolved } from '../net/resolve.js'
import { lookUpInHosts } from './hosts-file.js'
import { PATIENCE } from './patient-resolver.js'

/** How much of that all name servers have together: an answer takes a moment to be read. */
const PATIENCE_SHARE = 0.9

/**
 * Asks /etc/hosts and the name servers of /etc/resolv.conf, each server once, beside the C library, which may be waiting.
 * Empty if they tell no address.
 */
export async function askDirectly(host: string): Promise<Resolved[]> {
  const own = lookUpInHosts(host)
  if (own.length > 0) return own
  const servers = Math.max(1, new Resolver().getServers().length)
  const timeout = Math.floor((PATIENCE * PATIENCE_SHARE) / servers)
  const resolver = new Resolver({ timeout, tries: 1 })
  const [ipv6, ipv4] = await Promise.allSettled([resolver.resolve6(host), resolver.resolve4(host)])
  return [...resolvedBy(ipv6, 6), ...resolvedBy(ipv4, 4)]
}

function resolvedBy(outcome: PromiseSettledResult<string[]>, family: 4 | 6): Resolved[] {
  return outcome.status === 'fulfilled' ? outcome.value.map((address) => ({ address, family })) : []
}
