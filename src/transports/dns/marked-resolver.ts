import { isIP } from 'node:net'
import { dialledHost } from '../../core/ip/bare-host.js'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import { textOf } from '../../core/ip/ip-network.js'
import { hasRoute } from '../../native/sockets/datagram-socket.js'
import { throughNat64 } from '../net/nat64.js'
import { type Resolved, unanswered, unknownHost } from '../net/resolve.js'
import { type AskingParts, ask } from './ask.js'
import { type Answer, type DnsDrops, NO_ERROR, NO_SUCH_NAME } from './dns-message.js'
import { lookUpInHosts } from './hosts-file.js'
import { type OutsideParts, OutsideServers } from './outside-servers.js'

/** Times that every name server is asked. */
const ROUNDS = 2
const FAMILIES = [6, 4] as const

/** What a resolver is made of. */
export interface ResolverParts extends Omit<AskingParts, 'drops'>, OutsideParts {
  /** Addresses by name, for as long as no name server tells any. */
  readonly known?: ReadonlyMap<string, readonly string[]>
  readonly hosts?: (name: string) => readonly Resolved[]
}

/**
 * Looks up names outside the tunnel while all other look-ups of the host go into it: by sockets that bear a mark,
 * as the C library's resolver cannot. It knows /etc/hosts and DNS, and none of the C library's plug-ins.
 */
export class MarkedResolver {
  /** Answers that were dropped so far. */
  readonly drops: Readonly<DnsDrops>
  readonly #parts: ResolverParts & AskingParts
  /** What was found last, by name: one entry for each endpoint's host. */
  readonly #found = new Map<string, readonly Resolved[]>()
  readonly #servers: OutsideServers

  constructor(parts: ResolverParts) {
    this.#parts = { ...parts, drops: { malformed: 0, unrelated: 0 } }
    this.drops = this.#parts.drops
    this.#servers = new OutsideServers(parts)
  }

  /** As `Resolve`. Addresses that this host has no route to come last. */
  readonly resolve = async (endpoint: URL): Promise<Resolved[]> => {
    const host = dialledHost(endpoint)
    const literal = isIP(host)
    if (literal !== 0) return this.#throughNat64([{ address: host, family: literal === 6 ? 6 : 4 }])
    const own = (this.#parts.hosts ?? lookUpInHosts)(host)
    if (own.length > 0) return this.#throughNat64(own)
    const { servers, search } = this.#servers.now()
    const before = { ...this.drops }
    const answers = await this.#search(servers, search, host)
    const addresses = answers?.length ? answers : (this.#found.get(host) ?? this.#known(host))
    if (addresses.length > 0) {
      this.#found.set(host, addresses)
      return this.#throughNat64(this.#reachableFirst(addresses))
    }
    const dropped = this.#droppedSince(before)
    throw (answers === undefined ? unanswered : unknownHost)(host, undefined, dropped)
  }

  /** The addresses of a host, in whichever domain it is; undefined if no name server answers. */
  async #search(
    servers: readonly string[],
    search: readonly string[],
    host: string,
  ): Promise<readonly Resolved[] | undefined> {
    let answered = true
    for (const name of host.includes('.') ? [host] : [...search.map((domain) => `${host}.${domain}`), host]) {
      const found = await Promise.all(FAMILIES.map((family) => this.#addresses(servers, name, family)))
      if (found.includes(undefined)) answered = false
      const addresses = found.flatMap((some) => some ?? [])
      if (addresses.length > 0) return addresses
    }
    return answered ? [] : undefined
  }

  /** For an error: what name servers sent in place of answers. */
  #droppedSince(before: DnsDrops): string {
    const malformed = this.drops.malformed - before.malformed
    const unrelated = this.drops.unrelated - before.unrelated
    if (malformed + unrelated === 0) return ''
    return ` (answers dropped: ${malformed} malformed, ${unrelated} to other questions)`
  }

  #known(host: string): readonly Resolved[] {
    const known = this.#parts.known?.get(host) ?? []
    return known.map((address) => ({ address, family: isIP(address) === 6 ? 6 : 4 }))
  }

  /** The addresses of one family; undefined if no name server answers. */
  async #addresses(
    servers: readonly string[],
    name: string,
    family: 4 | 6,
  ): Promise<readonly Resolved[] | undefined> {
    for (let round = 0; round < ROUNDS; round++) {
      for (const server of servers) {
        const answer = await ask(this.#parts, server, name, family).catch(() => undefined)
        if (answer !== undefined && isDefinite(answer)) return answer.addresses.map(resolved)
      }
    }
    return undefined
  }

  #throughNat64(addresses: readonly Resolved[]): Promise<Resolved[]> {
    const lookUp = async (name: string) => {
      const found = await this.#addresses(this.#servers.now().servers, name, 6)
      return (found ?? []).map(({ address }) => address)
    }
    return throughNat64(addresses, { lookUp, hasRoute: (address) => this.#isReachable(address) })
  }

  #isReachable({ address, family }: Resolved): boolean {
    const { native, mark } = this.#parts
    return hasRoute(native, { family, ip: parseIpAddress(address)!, port: 1 }, mark)
  }

  #reachableFirst(addresses: readonly Resolved[]): Resolved[] {
    const near = addresses.filter((address) => this.#isReachable(address))
    return [...near, ...addresses.filter((address) => !near.includes(address))]
  }
}

/** Whether no other name server is to be asked. */
function isDefinite({ code, addresses, truncated }: Answer): boolean {
  if (truncated && addresses.length === 0) return false
  return code === NO_ERROR || code === NO_SUCH_NAME
}

function resolved(bytes: Uint8Array): Resolved {
  return { address: textOf(bytes), family: bytes.length === 4 ? 4 : 6 }
}
