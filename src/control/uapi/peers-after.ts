import type { PeerConfig } from '../../core/api/config.js'
import type { IpPrefix } from '../../core/ip/ip-prefix.js'
import { prefixKey } from '../../core/ip/prefix-bits.js'
import type { PeerRequest, SetRequest } from './set-request.js'

/** What of a tunnel a request depends on. */
export interface PeersBefore {
  readonly peers: readonly PeerConfig[]
  /** The public key of this end, once the request is in force: no peer has it. Absent if it has none. */
  readonly ownKey: string | undefined
  /** `ADDRESS:PORT` at which a peer is reached by UDP; undefined if it is not. */
  readonly reachedAt: (id: string) => string | undefined
}

/**
 * The peers of a tunnel after a request, as WireGuard deals with it: line by line, and a range that one peer gets
 * is no other's any more. What the protocol does not know of a peer stays. A peer that is reached at the endpoint
 * that it is to have keeps those of before, with their names.
 */
export function peersAfter(request: SetRequest, { ownKey, peers, reachedAt }: PeersBefore): PeerConfig[] {
  const before = new Map(peers.map((peer) => [peer.id, peer]))
  const drafts = new Map<string, Draft>()
  /** Who owns a range. */
  const owners = new Map<string, Draft>()
  if (!request.replacesPeers) {
    for (const peer of peers) drafts.set(peer.id, draftOf(peer, peer.allowed, owners))
  }
  for (const asked of request.peers) {
    if (asked.publicKey === ownKey) continue
    const old = before.get(asked.publicKey)
    const known = drafts.get(asked.publicKey)
    if (asked.removes) {
      if (known !== undefined) clear(known, owners)
      drafts.delete(asked.publicKey)
      continue
    }
    if (known === undefined && asked.onlyUpdates) continue
    const draft = known ?? draftOf(fresh(asked.publicKey, old), [], owners)
    drafts.set(asked.publicKey, draft)
    draft.peer = changed(draft.peer, asked, old, reachedAt)
    changeRanges(draft, asked, old, owners)
  }
  if (ownKey !== undefined) drafts.delete(ownKey)
  return [...drafts.values()].map(({ peer, ranges }) => ({ ...peer, allowed: [...ranges.values()] }))
}

interface Draft {
  peer: PeerConfig
  /** By what tells them apart. */
  readonly ranges: Map<string, IpPrefix>
}

function draftOf(peer: PeerConfig, allowed: readonly IpPrefix[], owners: Map<string, Draft>): Draft {
  const draft: Draft = { peer, ranges: new Map(allowed.map((range) => [keyOf(range), range])) }
  for (const key of draft.ranges.keys()) owners.set(key, draft)
  return draft
}

/** A peer of which nothing was said yet. What the protocol cannot say of it stays as it was. */
function fresh(id: string, old: PeerConfig | undefined): PeerConfig {
  return { ...old, id, presharedKey: undefined, keepalive: undefined, allowed: [], endpoints: [] }
}

function changed(
  peer: PeerConfig,
  { endpoint, keepalive = peer.keepalive, presharedKey = peer.presharedKey }: PeerRequest,
  old: PeerConfig | undefined,
  reachedAt: PeersBefore['reachedAt'],
): PeerConfig {
  const next = { ...peer, presharedKey: presharedKey ?? undefined, keepalive }
  if (endpoint === undefined) return next
  const stays = old !== undefined && old.endpoints.length > 0 && reachedAt(peer.id) === endpoint.host
  return { ...next, endpoints: stays ? old.endpoints : [endpoint] }
}

function changeRanges(
  draft: Draft,
  { ranges }: PeerRequest,
  old: PeerConfig | undefined,
  owners: Map<string, Draft>,
): void {
  const asWritten = new Map(old?.allowed.map((range) => [keyOf(range), range]))
  for (const asked of ranges) {
    if (asked === 'clear') {
      clear(draft, owners)
      continue
    }
    const key = keyOf(asked.range)
    const owner = owners.get(key)
    if (asked.adds) {
      if (owner === draft) continue
      owner?.ranges.delete(key)
      draft.ranges.set(key, asWritten.get(key) ?? asked.range)
      owners.set(key, draft)
    } else if (owner === draft) {
      draft.ranges.delete(key)
      owners.delete(key)
    }
  }
}

function clear(draft: Draft, owners: Map<string, Draft>): void {
  for (const key of draft.ranges.keys()) owners.delete(key)
  draft.ranges.clear()
}

function keyOf({ address, bits }: IpPrefix): string {
  return prefixKey(address, bits)
}
