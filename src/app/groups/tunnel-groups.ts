import type { PeerId } from '../../core/api/cipher.js'
import type { PeerConfig } from '../../core/api/config.js'
import type { Logger } from '../../core/api/logger.js'
import type { SearchEvent } from '../../core/connector/search-event.js'
import { type Choice, choiceOf } from '../../core/groups/choice.js'
import { GroupSearch } from '../../core/groups/group-search.js'
import { NearestMember } from '../../core/groups/nearest-member.js'
import { STAND_BY, STANDS_BY } from '../../core/groups/stand-by.js'
import { type GroupMove, PeerGroup } from '../../core/peers/peer-group.js'
import type { Peer, Peers } from '../../core/peers/peers.js'
import { MemberSessions, type MemberSessionsParts } from './member-sessions.js'

/** What the groups of a tunnel depend on. */
export interface TunnelGroupsParts extends MemberSessionsParts {
  readonly peers: Peers
  readonly settings: MemberSessionsParts['settings'] & {
    /** What this peer pushes counts for its group from now on. */
    counts(active: Peer): void
    /** What members of a group pushed counts no more. */
    dissolved(group: string): void
  }
  /** Tells this end from other clients, in all its runs. */
  readonly ownId: () => string
  /** Dials endpoints of a peer until one answers. Rejects if none can ever be dialled. */
  readonly connect: (peer: Peer, endpoints: readonly URL[]) => Promise<void>
  /** Ends that, and closes the peer's link. */
  readonly disconnect: (peer: Peer, why: string) => void
  /** The proxies before an endpoint that ask for a login, by whatever tells them apart. */
  readonly logins: (endpoint: URL) => readonly string[]
  readonly log: Logger
}

/** A group of a running tunnel. */
interface Running {
  readonly group: PeerGroup
  readonly search: GroupSearch
  readonly nearest: NearestMember
  choice: Choice
  /** Its members by their configuration, as text. */
  text: string
}

/** The groups of a tunnel: who is a member by its configuration, which members are called, and their sessions. */
export class TunnelGroups {
  readonly #parts: TunnelGroupsParts
  readonly #sessions: MemberSessions
  readonly #groups = new Map<string, Running>()
  /** Of members. */
  readonly #configs = new Map<Peer, PeerConfig>()

  constructor(parts: TunnelGroupsParts) {
    this.#parts = parts
    this.#sessions = new MemberSessions(parts)
  }

  /** By name. */
  get all(): readonly PeerGroup[] {
    return [...this.#groups.values()].map(({ group }) => group)
  }

  /**
   * Makes the groups of a configuration out of those of before; its peers are all there. Members own what their group lends them.
   *
   * @param rekeyed the peers of which the cipher was told other keys, and their keepalives with these.
   * @returns for each group that came what resolves once a link to a member is open or all were tried.
   */
  configure(
    configs: readonly PeerConfig[],
    now: number,
    rekeyed: ReadonlySet<PeerId> = new Set(),
  ): readonly Promise<void>[] {
    const wanted = byGroup(configs)
    const before = new Map(this.#configs)
    this.#configs.clear()
    for (const members of wanted.values()) {
      for (const config of members) this.#configs.set(this.#parts.peers.get(config.id)!, config)
    }
    this.#letGo(now)
    for (const [peer, config] of this.#configs) {
      if (peer.chooser === STAND_BY && rekeyed.has(peer.id)) this.#sessions.end(peer, config, now)
      if (before.get(peer)?.group?.name !== config.group?.name) this.#join(peer, config, now)
    }
    const starts: Promise<void>[] = []
    for (const [name, members] of wanted) {
      const known = this.#groups.get(name)
      if (known === undefined) starts.push(this.#make(name, members, now))
      else this.#change(known, members, now)
      if (known?.search.isOn === false) known.nearest.start()
    }
    for (const config of configs) {
      const peer = this.#parts.peers.get(config.id)!
      if (config.group === undefined && before.has(peer)) this.#sessions.proven(config)
    }
    for (const peer of before.keys()) if (!this.#configs.has(peer)) this.#sessions.goesOn(peer)
    return starts
  }

  /** How the search for an endpoint of a peer goes. */
  told(peer: Peer, event: SearchEvent): void {
    const config = this.#configs.get(peer)
    if (config === undefined) return
    if (event.kind === 'found') {
      this.#sessions.proven(config)
      const handshake = this.#parts.cipher.sessions?.handshake?.(peer.id)
      if (handshake !== undefined) peer.roundTrip.took(handshake.roundTrip, handshake.at)
    }
    const running = this.#runningOf(peer)
    if (running === undefined) return
    const { nearest, search } = running
    nearest.told(peer, event)
    if (event.kind === 'lost') nearest.stop()
    const wasSearched = search.isOn
    search.told(peer, event)
    if (wasSearched && event.kind === 'found') nearest.start()
  }

  /** A peer is called anew, as its endpoints or this end's sockets are others: if it is a member, others are called soon. */
  renewed(peer: Peer): void {
    const running = this.#runningOf(peer)
    running?.nearest.stop()
    running?.search.lost(peer)
  }

  /** Idempotent. Nobody is called any more. */
  stop(): void {
    this.#sessions.stop()
    for (const { nearest, search } of this.#groups.values()) {
      nearest.stop()
      search.stop()
    }
  }

  #runningOf({ group }: Peer): Running | undefined {
    return group && this.#groups.get(group.name)
  }

  /** Members leave before others join: one may pass from a group to another. Groups that none stays in are no more. */
  #letGo(now: number): void {
    for (const [name, { group, nearest, search }] of this.#groups) {
      nearest.stop()
      const staying = group.members.filter((peer) => this.#configs.get(peer)?.group?.name === name)
      if (staying.length > 0) {
        group.become(staying, this.#configs.get(staying[0]!)!.allowed, now)
        continue
      }
      search.stop()
      group.dissolve()
      this.#groups.delete(name)
      this.#parts.settings.dissolved(name)
    }
  }

  /** A peer that becomes a member stands by until it is called. */
  #join(peer: Peer, config: PeerConfig, now: number): void {
    const mayHaveSession = config.keepalive || this.#parts.cipher.sessions?.live(peer.id, now)
    if (mayHaveSession) this.#sessions.end(peer, config, now)
    this.#parts.disconnect(peer, STANDS_BY)
    peer.chooser = STAND_BY
  }

  #make(name: string, members: readonly PeerConfig[], now: number): Promise<void> {
    const { clock, ownId, peers, settings } = this.#parts
    const choice = choiceOf(members[0]!.group!.choose, ownId)
    const all = members.map(({ id }) => peers.get(id)!)
    const [first] = choice.ranked(all)
    const group = new PeerGroup({
      ...{ name, peers, members: all, active: first!, since: now, allowed: members[0]!.allowed },
      moved: (move) => this.#moved(move),
    })
    const run = (work: () => void) => this.#parts.run(work)
    const hangUp = (member: Peer) => this.#hangUp(group, member)
    const search = new GroupSearch({
      ...{ group, choice: () => running.choice, hangUp, clock, run, random: Math.random },
      call: (member) => this.#call(member, (error) => search.cannotReach(member, error)),
      logins: (member) => this.#configs.get(member)!.endpoints.flatMap(this.#parts.logins),
    })
    const nearest = new NearestMember({
      ...{ group, isNearer: () => running.choice.isNearer, hangUp, clock, run, random: Math.random },
      call: (member) => this.#call(member, () => nearest.failed(member)),
      moved: (to) => search.replaced(to),
    })
    const running: Running = { group, nearest, search, choice, text: textOf(members) }
    this.#groups.set(name, running)
    settings.counts(group.active)
    return search.start()
  }

  #change(running: Running, members: readonly PeerConfig[], now: number): void {
    const { ownId, peers, settings } = this.#parts
    const { group, search } = running
    running.choice = choiceOf(members[0]!.group!.choose, ownId)
    // Also if the group stays as it is: a member of which something else changed owned nothing for a moment.
    group.become(
      members.map(({ id }) => peers.get(id)!),
      members[0]!.allowed,
      now,
    )
    const text = textOf(members)
    if (text === running.text) return
    running.text = text
    settings.counts(group.active)
    search.changed()
  }

  #call(member: Peer, failed: (error: Error) => void): void {
    this.#sessions.goesOn(member)
    this.#parts.connect(member, this.#configs.get(member)!.endpoints).catch(failed)
  }

  #hangUp(group: PeerGroup, member: Peer): void {
    if (!this.#configs.has(member)) return // a reload removes it, or it goes on by itself
    const now = this.#parts.clock.now()
    const config = () => this.#configs.get(member)!
    if (group.admits(member, now)) this.#sessions.endLater(member, config)
    else this.#sessions.end(member, config(), now)
    this.#parts.disconnect(member, STANDS_BY)
    member.chooser = STAND_BY
  }

  #moved({ from, group, to, why }: GroupMove): void {
    const { log, settings } = this.#parts
    settings.counts(to)
    const fields = { group: group.name, from: from.id, to: to.id, why }
    log.info('group moves to another member', fields)
  }
}

/** The members of each group, in their order. */
function byGroup(configs: readonly PeerConfig[]): Map<string, PeerConfig[]> {
  const groups = new Map<string, PeerConfig[]>()
  for (const config of configs) {
    if (config.group === undefined) continue
    const members = groups.get(config.group.name)
    if (members === undefined) groups.set(config.group.name, [config])
    else members.push(config)
  }
  return groups
}

function textOf(members: readonly PeerConfig[]): string {
  return JSON.stringify(members.map(({ allowed, group, id }) => [id, group, allowed.map(({ text }) => text)]))
}
