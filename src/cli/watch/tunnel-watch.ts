import type { ReasonStatus } from '../../app/tunnel/status.js'
import type { ReportedPeer, RunStatus } from '../status/report.js'

/** What may happen to a tunnel or to one of its peers. */
export type ChangeKind = 'connected' | 'moved' | 'lost' | 'unreached' | 'portal' | 'ended'

/** Something that happened. What is not known is null. */
export interface Change {
  readonly kind: ChangeKind
  /** The tunnel's. */
  readonly file: string
  /** What the peer is called; null if it is about the whole tunnel. */
  readonly peer: string | null
  /** Where the peer is reached. */
  readonly endpoint: string | null
  /** The reason's, as docs/troubleshooting.md has it. */
  readonly code: string | null
  readonly why: string | null
  readonly remedy: string | null
}

/** A tunnel that runs, and what it tells of itself, if it answered. */
export interface SeenTunnel {
  readonly file: string
  readonly pid: number
  readonly status: RunStatus | undefined
}

type Cause = Pick<Change, 'code' | 'why' | 'remedy'>

interface KnownPeer {
  /** What was told of it last, or was so at the first look. */
  told: 'connected' | 'lost' | undefined
  endpoint: string | null
  /** Since when it is not there. */
  goneSince: number | undefined
  /** Causes that were told since it was there. */
  readonly causes: Set<string>
}

interface KnownTunnel {
  readonly file: string
  hasPortal: boolean
  peers: Map<string, KnownPeer>
}

/** Milliseconds for a peer to be back before it counts as lost: a link that is dialled again is nothing to tell of. */
const GRACE = 3_000
/** Causes that are told of one outage: at first it may be a closed connection, and then why no other comes about. */
const MOST_CAUSES = 2
const NO_CAUSE: Cause = { code: null, why: null, remedy: null }

/** Finds out what changed, from one look at the tunnels to the next. Pure but for what it remembers of them. */
export class TunnelWatch {
  #known: Map<string, KnownTunnel> | undefined

  /**
   * What changed since the look before, at `now` in milliseconds. The first look tells only of what is wrong. One that did not
   * answer is as it was.
   */
  look(seen: readonly SeenTunnel[], now: number): Change[] {
    const before = this.#known
    const after = new Map<string, KnownTunnel>()
    const changes: Change[] = []
    for (const { file, pid, status } of seen) {
      const key = `${pid} ${file}`
      const known = before?.get(key) ?? { file, hasPortal: false, peers: new Map<string, KnownPeer>() }
      after.set(key, known)
      if (status !== undefined) changes.push(...look(known, status, now, before === undefined))
    }
    for (const [key, { file }] of before ?? []) {
      if (!after.has(key)) changes.push({ ...NO_CAUSE, kind: 'ended', file, peer: null, endpoint: null })
    }
    this.#known = after
    return changes
  }
}

/** What changed of a tunnel, of which its status is known from now on. */
function look(known: KnownTunnel, status: RunStatus, now: number, isFirst: boolean): Change[] {
  const { file } = known
  const changes: Change[] = []
  const portal = status.portal ?? undefined
  if (portal !== undefined && !known.hasPortal) {
    changes.push({ ...causeOf(portal), kind: 'portal', file, peer: null, endpoint: null })
  }
  known.hasPortal = portal !== undefined
  const peers = new Map<string, KnownPeer>()
  for (const peer of status.peers) {
    const one = known.peers.get(peer.id) ?? newPeer(isFirst && isThere(peer))
    peers.set(peer.id, one)
    const change = lookAtPeer(one, peer, now, known.hasPortal)
    if (change !== undefined) changes.push({ ...change, file, peer: peer.name ?? peer.id })
  }
  known.peers = peers
  return changes
}

function newPeer(isThere: boolean): KnownPeer {
  return { told: isThere ? 'connected' : undefined, endpoint: null, goneSince: undefined, causes: new Set() }
}

function lookAtPeer(
  known: KnownPeer,
  peer: ReportedPeer,
  now: number,
  hasPortal: boolean,
): Omit<Change, 'file' | 'peer'> | undefined {
  if (isThere(peer)) return there(known, peer)
  known.goneSince ??= now
  if (hasPortal) return undefined // which is why, and told of the tunnel
  const cause = whyNot(peer)
  const isNew = cause.code !== null && !known.causes.has(cause.code) && known.causes.size < MOST_CAUSES
  const isLost = known.told === 'connected'
  if (isLost ? now - known.goneSince < GRACE : !isNew || peer.endpoints.length === 0) return undefined
  known.told = 'lost'
  if (cause.code !== null) known.causes.add(cause.code)
  return { ...cause, kind: isLost ? 'lost' : 'unreached', endpoint: null }
}

function there(
  known: KnownPeer,
  { endpoint, remote }: ReportedPeer,
): Omit<Change, 'file' | 'peer'> | undefined {
  const before = known.endpoint
  const wasTold = known.told === 'connected'
  known.told = 'connected'
  known.goneSince = undefined
  known.causes.clear()
  known.endpoint = endpoint ?? before
  if (!wasTold) return { ...NO_CAUSE, kind: 'connected', endpoint: endpoint ?? remote }
  const isElsewhere = before !== null && endpoint !== null && endpoint !== before
  return isElsewhere ? { ...NO_CAUSE, kind: 'moved', endpoint } : undefined
}

/** With a cipher that proves nothing, to have a link is all there is to know. */
function isThere({ remote, state }: ReportedPeer): boolean {
  return remote !== null && state !== 'offline'
}

/** The newest reason that an attempt came to nothing for, or what the tunnel says instead. */
function whyNot({ attempts = [], remote, saidGoodbye, why }: ReportedPeer): Cause {
  if (saidGoodbye === true) return { ...NO_CAUSE, why: 'it said goodbye' }
  const [newest] = [...attempts].sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
  if (newest !== undefined) return causeOf(newest)
  return { ...NO_CAUSE, why: remote === null ? why : 'nothing comes from it any more' }
}

function causeOf({ code, remedy, why }: ReasonStatus): Cause {
  return { code, why, remedy }
}
