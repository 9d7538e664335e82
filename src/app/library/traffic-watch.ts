import type { Clock, Timer } from '../../core/time/clock.js'
import type { Carried, DropCounts, PeerStatus, TunnelStatus } from '../tunnel/status.js'
import type { DropsEvent, TrafficEvent } from './tunnel-events.js'

/** Milliseconds between events. */
const INTERVAL = 1_000

const WATCHED = ['traffic', 'drops'] as const
type Watched = (typeof WATCHED)[number]

/** What is looked at, and who is told. */
interface TrafficWatchParts {
  readonly clock: Clock
  /** The figures of the tunnel; undefined while it does not run. */
  readonly figures: () => Figures | undefined
  readonly traffic: (event: TrafficEvent) => void
  readonly drops: (event: DropsEvent) => void
}

type Figures = Pick<TunnelStatus, 'sent' | 'received' | 'drops'> & {
  readonly peers: readonly Pick<PeerStatus, 'name' | 'id' | 'sent' | 'received' | 'drops'>[]
}

const NOTHING: Carried = { packets: 0, bytes: 0 }
const NONE: Figures = { sent: NOTHING, received: NOTHING, drops: {}, peers: [] }

/** Tells once a second what went through a tunnel and what was dropped, while somebody listens. */
export class TrafficWatch {
  readonly #parts: TrafficWatchParts
  readonly #watched = new Set<Watched>()
  #isRunning = false
  #before: Figures = NONE
  #timer: Timer | undefined

  constructor(parts: TrafficWatchParts) {
    this.#parts = parts
  }

  /** Somebody listens to an event, or nobody does any more. Others than these two are left alone. */
  listen(event: unknown, isListened: boolean): void {
    const watched = WATCHED.find((one) => one === event)
    if (watched === undefined) return
    if (isListened) this.#watched.add(watched)
    else this.#watched.delete(watched)
    this.#follow()
  }

  /** The tunnel runs. */
  begin(): void {
    this.#isRunning = true
    this.#follow()
  }

  /** It is about to end: tells what there is to tell, and nothing more. */
  end(): void {
    if (this.#timer !== undefined) this.#tell()
    this.#isRunning = false
    this.#follow()
  }

  /** Looks at the tunnel for as long as it runs and somebody listens. */
  #follow(): void {
    const isWatched = this.#isRunning && this.#watched.size > 0
    if (isWatched === (this.#timer !== undefined)) return
    if (isWatched) {
      this.#before = this.#parts.figures() ?? NONE
      this.#wait()
      return
    }
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #wait(): void {
    this.#timer = this.#parts.clock.schedule(INTERVAL, () => {
      this.#wait()
      this.#tell()
    })
  }

  #tell(): void {
    const after = this.#parts.figures()
    if (after === undefined) return
    const before = this.#before
    this.#before = after
    const peers = after.peers.map((peer) => {
      const known = before.peers.find(({ id }) => id === peer.id)
      // One that left and came back counts anew.
      const since = known === undefined || isLess(peer.sent, known.sent) ? undefined : known
      return { peer, since }
    })
    if (this.#watched.has('traffic')) this.#tellTraffic(before, after, peers)
    if (this.#watched.has('drops')) this.#tellDrops(before, after, peers)
  }

  #tellTraffic(before: Figures, after: Figures, peers: readonly PeerStep[]): void {
    const [sent, received] = [more(before.sent, after.sent), more(before.received, after.received)]
    if (sent.packets + received.packets === 0) return
    const busy = peers
      .map(({ peer: { name, id, ...now }, since = NONE }) => ({
        ...{ name, id },
        sent: more(since.sent, now.sent),
        received: more(since.received, now.received),
      }))
      .filter((peer) => peer.sent.packets + peer.received.packets > 0)
    this.#parts.traffic({ sent, received, peers: busy })
  }

  #tellDrops(before: Figures, after: Figures, peers: readonly PeerStep[]): void {
    const drops = moreOfEach(before.drops, after.drops)
    const affected = peers
      .map(({ peer: { name, id, drops }, since = NONE }) => ({
        ...{ name, id },
        drops: moreOfEach(since.drops, drops),
      }))
      .filter((peer) => Object.keys(peer.drops).length > 0)
    if (Object.keys(drops).length + affected.length > 0) this.#parts.drops({ drops, peers: affected })
  }
}

/** A peer now, and at the event before if it was there. */
interface PeerStep {
  readonly peer: Figures['peers'][number]
  readonly since: Figures['peers'][number] | undefined
}

function isLess(one: Carried, other: Carried): boolean {
  return one.packets < other.packets
}

function more(before: Carried, after: Carried): Carried {
  return { packets: after.packets - before.packets, bytes: after.bytes - before.bytes }
}

/** How many more of each cause there are; those that did not grow are left out. A new link counts anew. */
function moreOfEach(before: DropCounts, after: DropCounts): DropCounts {
  const grown = Object.entries(after).map(([cause, count]): [string, number] => {
    const known = before[cause] ?? 0
    return [cause, count < known ? count : count - known]
  })
  return Object.fromEntries(grown.filter(([, count]) => count > 0))
}
