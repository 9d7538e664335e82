import { publicKeyOf } from '../../ciphers/keys/keys.js'
import type { PeerConfig } from '../../core/api/config.js'
import { asError } from '../../core/api/errors.js'
import { nextProbeId } from '../../core/api/probe-id.js'
import type { Link } from '../../core/api/transport.js'
import type { Connector } from '../../core/connector/connector.js'
import type { HurryCause } from '../../core/connector/endpoint-rotation.js'
import type { SearchEvent } from '../../core/connector/search-event.js'
import { type StartParts, StartPhase } from '../../core/connector/start-phase.js'
import { WaitedFor } from '../../core/connector/waited-for.js'
import type { PeerGroup } from '../../core/peers/peer-group.js'
import { Peer, type PeerLinkChange, type Peers } from '../../core/peers/peers.js'
import { PresenceWatch } from '../../core/peers/presence-watch.js'
import { type Portal, PortalWatch } from '../../core/portal/portal-watch.js'
import { inTime } from '../../core/time/in-time.js'
import { watchNetworks } from '../../host/networks/watch-networks.js'
import { TunnelGroups } from '../groups/tunnel-groups.js'
import { changeKeys } from './change-keys.js'
import { changesEndpoints, changesGroup, type PeerChange, type PeerChanges, rekeyedPeers } from './changes.js'
import { type ConnectorSources, makeConnector } from './make-connector.js'

/** Milliseconds for which a round trip that was measured is good enough. */
const MEASURED_FOR = 5_000

/** Milliseconds that connecting may hold up a start. */
const START_PATIENCE = 3_000

/** What the peers of a tunnel share. */
export interface PeerManagerParts extends ConnectorSources, Pick<StartParts, 'wait' | 'failed'> {
  readonly peers: Peers
  /** The own private key, as it is now. */
  readonly ownKey: () => string | undefined
  /** Is called when a peer is reached, moves or is lost. */
  readonly onPeerEvent: (change: PeerLinkChange, peer: Peer) => void
  /** Is called when it is something else that is waited for; undefined: nothing any more. */
  readonly onWaiting: (text: string | undefined) => void
}

/** Owns the peers of a running tunnel: what they own inside, and how they are reached. */
export class TunnelPeerManager {
  readonly #parts: PeerManagerParts
  readonly #connectors = new Map<Peer, Connector>()
  /** Links of peers that left, until they are closed. */
  readonly #closing = new Set<Promise<void>>()
  readonly #waitedFor = new WaitedFor()
  readonly #presence: PresenceWatch
  readonly #portals: PortalWatch
  readonly #groups: TunnelGroups
  #unwatch: (() => Promise<void>) | undefined
  /** Undefined before the start. */
  #startPhase: StartPhase | undefined
  /** Peers that were hung up on, and the address of each that had called by datagrams: it is answered there. */
  readonly #hungUp = new Map<Peer, string | undefined>()
  /** Links by which those are answered. */
  readonly #answering = new Set<Link>()

  constructor(parts: PeerManagerParts) {
    this.#parts = parts
    this.#presence = new PresenceWatch(parts.peers, parts.clock, parts.log)
    const isReached = () => [...this.#connectors.values()].some(({ endpoint }) => endpoint !== undefined)
    const { clock, log, transports } = parts
    this.#portals = new PortalWatch({
      ...{ clock, log, isReached, probe: () => transports.probe },
      peersAt: (host) =>
        [...this.#connectors].flatMap(([peer, { hosts }]) => (hosts.has(host) ? [peer] : [])),
      passes: () => parts.pump.run(() => this.#hurryAll('portal')),
    })
    this.#groups = new TunnelGroups({
      ...parts,
      run: (work) => parts.pump.run(work),
      ownId: () => ownIdOf(parts.ownKey()),
      connect: (peer, endpoints) => this.#connect(peer, endpoints),
      disconnect: (peer, why) => this.#disconnect(peer, why),
      logins: (endpoint) => transports.logins(endpoint),
    })
  }

  /** Peers that stand for each other, as they are now. */
  get groups(): readonly PeerGroup[] {
    return this.#groups.all
  }

  /** The login page that is in the way of all dials; undefined if none is. */
  get portal(): Portal | undefined {
    return this.#portals.portal
  }

  /**
   * Takes in the peers that the cipher was made with, and connects to those that have endpoints. Resolves once there
   * is a link to each of these, proven or not, or every endpoint was tried, within 3 s in any case; connecting goes on.
   *
   * @throws QanatError if no peer can ever be called and none may call.
   */
  async start(configs: readonly PeerConfig[]): Promise<void> {
    const { peers, pump, settings } = this.#parts
    const added = configs.map((config) => ({ peer: this.#newPeer(config), config }))
    const starts: Promise<void>[] = []
    pump.run((now) => {
      for (const { peer, config } of added) peers.add(peer, ownOf(config))
      starts.push(...this.#groups.configure(configs, now))
      for (const { peer, config } of added) settings.join(peer, config, now)
    })
    this.#startPhase = new StartPhase(this.#parts, configs)
    this.#unwatch = watchNetworks(this.#parts, () => this.#hurry())
    const alone = added.filter(({ peer }) => peer.group === undefined)
    starts.push(...alone.map(({ peer, config }) => this.#connect(peer, config.endpoints)))
    const outcomes = Promise.allSettled(starts)
    if (!(await inTime(this.#parts.clock, START_PATIENCE, outcomes))) return
    const failures = (await outcomes).flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason] : [],
    )
    if (failures.length > 0 && failures.length === starts.length) throw failures[0]
  }

  /**
   * Lets the cipher know the peers that come and what changes of others. `apply` has to follow.
   *
   * @throws ConfigError if it takes no such peer; then all is as before.
   */
  changeKeys(changes: PeerChanges): void {
    changeKeys(this.#parts.cipher.peerManager, changes)
  }

  /**
   * Lets peers come, change and go. What becomes of links is not waited for. A peer whose keys or addresses change
   * keeps its session and its link, one whose endpoints change its session.
   */
  apply(changes: PeerChanges, configs: readonly PeerConfig[]): void {
    this.#startPhase?.end()
    const { added, changed, removed } = changes
    const { cipher, clock, peers, settings } = this.#parts
    const now = clock.now()
    const gone = removed.map((id) => peers.get(id)!)
    const news = added.map((config) => ({ peer: this.#newPeer(config), config }))
    const moves = changed.map((change) => ({ peer: peers.get(change.after.id)!, change }))
    for (const peer of gone) {
      peers.remove(peer)
      this.#sayGoodbye(peer, now)
      cipher.peerManager?.remove(peer.id)
    }
    // All let go first: a range may pass from one to another.
    for (const { peer } of moves) peers.own(peer, [])
    for (const { peer } of news) peers.add(peer, [])
    const starts = this.#groups.configure(configs, now, rekeyedPeers(changes))
    for (const start of starts) start.catch(() => {}) // the log has why
    for (const { peer, change } of moves) {
      if (peer.group === undefined) peers.own(peer, change.after.allowed)
      configured(peer, change.after)
    }
    for (const { peer, config } of news) if (peer.group === undefined) peers.own(peer, config.allowed)
    for (const { peer, change } of moves) settings.join(peer, change.after, now)
    for (const { peer, config } of news) settings.join(peer, config, now)
    for (const peer of gone) this.#leave(peer)
    for (const { peer, change } of moves) {
      const mayDial = peer.group === undefined || this.#connectors.has(peer)
      if (mayDial && (changesEndpoints(change) || changesGroup(change))) this.#reconnect(peer, change)
    }
    for (const { peer, config } of news)
      if (peer.group === undefined) this.#connectLater(peer, config.endpoints)
    this.#portals.reconfigured()
    this.#hurryAll('reload')
    this.#presence.again()
  }

  /**
   * Closes all links, or those to some remotes, and stops what dials; resolves once these sockets are free. `callAgain` has to
   * follow.
   */
  async hangUp(which: (endpoint: URL) => boolean = () => true): Promise<void> {
    const { clock, peers } = this.#parts
    const stops: (Promise<void> | undefined)[] = []
    for (const peer of peers) {
      const { chooser, link } = peer
      if (peer.group !== undefined && !this.#connectors.has(peer)) continue // it stands by
      if (link !== undefined && URL.canParse(link.remote) && !which(new URL(link.remote))) continue
      const connector = this.#connectors.get(peer)
      stops.push(connector?.stop())
      this.#connectors.delete(peer)
      this.#forget(peer)
      peer.chooser = undefined
      peer.link = undefined
      const caller = chooser === undefined && link?.stream === false ? link.remote : undefined
      this.#hungUp.set(peer, caller)
      if (caller === undefined) peer.lost('this end changes its sockets', clock.now())
    }
    await Promise.all([...stops, ...this.#stopAnswering()])
  }

  /** Dials peers again, and answers those that called by datagrams where they are: they follow. */
  callAgain(configs: readonly PeerConfig[]): void {
    for (const { endpoints, id } of configs) {
      const peer = this.#parts.peers.get(id)
      if (peer === undefined || !this.#hungUp.has(peer)) continue
      const remote = this.#hungUp.get(peer)
      if (remote !== undefined) this.#answerAt(peer, new URL(remote))
      else this.#connectLater(peer, endpoints)
      this.#groups.renewed(peer)
    }
    this.#hungUp.clear()
  }

  #answerAt(peer: Peer, remote: URL): void {
    const { peers, pump, transports } = this.#parts
    const dialled = transports
      .get(remote.protocol)
      .dial(remote, pump, { signal: new AbortController().signal, step() {} })
    const used = dialled.then((link) => {
      this.#answering.add(link)
      if (peer.link === undefined && peers.get(peer.id) === peer) peer.link = link
    })
    this.#close(used)
  }

  #stopAnswering(): Promise<void>[] {
    const links = [...this.#answering]
    this.#answering.clear()
    return links.map((link) => link.close())
  }

  /** Asks peers how long it takes to them and back, if that is not known from a moment ago. */
  measure(): void {
    const { cipher, peers, pump } = this.#parts
    pump.run((now) => {
      for (const { id, link, roundTrip } of peers) {
        if (link === undefined || now - roundTrip.at < MEASURED_FOR) continue
        const probe = nextProbeId()
        const datagram = cipher.sessions?.probe(id, probe, now)
        if (datagram === undefined) continue
        roundTrip.asked(probe, now)
        link.send([datagram])
      }
    })
  }

  /** The host's network is another one now, and endpoints may have failed by the one before: they are tried at once. */
  #hurry(): void {
    this.#parts.transports.forgetProxies()
    this.#portals.end('the network changed')
    this.#parts.pump.run(() => this.#hurryAll('network'))
  }

  #hurryAll(cause: HurryCause): void {
    for (const connector of this.#connectors.values()) connector.hurry(cause)
  }

  /** Says goodbye to all peers, by one sealed datagram each. Nothing is sealed afterwards, and nothing waited for. */
  sayGoodbye(): void {
    const { peers, pump } = this.#parts
    pump.run((now) => {
      for (const peer of peers) this.#sayGoodbye(peer, now)
    })
  }

  #sayGoodbye({ id, link }: Peer, now: number): void {
    const datagram = this.#parts.cipher.sessions?.goodbye?.(id, now)
    if (datagram !== undefined) link?.send([datagram])
  }

  /** Resolves once all links that were dialled are closed. */
  async stop(): Promise<void> {
    this.#startPhase?.end()
    this.#presence.stop()
    this.#portals.stop()
    this.#groups.stop()
    void this.#unwatch?.() // closing a socket of netlink holds up nobody
    const stops = [...this.#connectors.values()].map((connector) => connector.stop())
    await Promise.all([...stops, ...this.#closing])
    await Promise.all(this.#stopAnswering())
  }

  #newPeer(config: PeerConfig): Peer {
    const peer = new Peer(config.id, this.#parts.onPeerEvent, this.#presence.changed)
    configured(peer, config)
    return peer
  }

  #told(peer: Peer, event: SearchEvent): void {
    const before = this.#waitedFor.text
    this.#waitedFor.told(peer.id, event)
    this.#tellWaiting(before)
    if (event.kind === 'found') this.#portals.end('a peer answers')
    else if ('error' in event) this.#portals.failed(event.endpoint, event.error, event.reason)
    this.#startPhase?.told(peer.id, event)
    this.#groups.told(peer, event)
  }

  #tellWaiting(before: string | undefined): void {
    const { text } = this.#waitedFor
    if (text !== before) this.#parts.onWaiting(text)
  }

  /** What is not looked for any more is not waited for either. */
  #forget(peer: Peer): void {
    const before = this.#waitedFor.text
    this.#waitedFor.forget(peer.id)
    this.#tellWaiting(before)
  }

  #leave(peer: Peer): void {
    this.#forget(peer)
    const connector = this.#connectors.get(peer)
    this.#connectors.delete(peer)
    peer.chooser = undefined
    peer.lost('it is no longer configured', this.#parts.clock.now())
    this.#parts.settings.leave(peer)
    peer.path?.stop()
    this.#close(connector?.stop())
    this.#close(peer.link?.close())
    peer.link = undefined
  }

  /** Dials the new endpoints before it hangs up, so that a socket that both use stays open. */
  #reconnect(peer: Peer, { after }: PeerChange): void {
    const old = this.#connectors.get(peer)
    this.#connectors.delete(peer)
    this.#forget(peer)
    peer.chooser = undefined
    if (old !== undefined) {
      peer.link = undefined
      peer.lost('its endpoints changed', this.#parts.clock.now())
    }
    this.#connectLater(peer, after.endpoints)
    this.#groups.renewed(peer)
    this.#close(old?.stop())
  }

  /** Ends what connects to a peer, and closes its link. */
  #disconnect(peer: Peer, why: string): void {
    this.#forget(peer)
    const connector = this.#connectors.get(peer)
    this.#connectors.delete(peer)
    peer.link = undefined
    peer.lost(why, this.#parts.clock.now())
    peer.isNotReached(why)
    this.#close(connector?.stop())
  }

  #connectLater(peer: Peer, endpoints: readonly URL[]): void {
    this.#connect(peer, endpoints).catch(() => {}) // the log has why no endpoint can be dialled
  }

  #close(closing: Promise<void> | undefined): void {
    if (closing === undefined) return
    const closed = closing
      .catch((thrown) => {
        this.#parts.log.warn('cannot close a link', { why: asError(thrown).message })
      })
      .finally(() => this.#closing.delete(closed))
    this.#closing.add(closed)
  }

  async #connect(peer: Peer, endpoints: readonly URL[]): Promise<void> {
    if (endpoints.length === 0) return
    for (const endpoint of peer.failed.keys()) if (!endpoints.includes(endpoint)) peer.failed.delete(endpoint)
    const told = (event: SearchEvent) => this.#told(peer, event)
    const connector = makeConnector(this.#parts, this.#portals, peer, endpoints, told)
    peer.chooser = connector
    this.#connectors.set(peer, connector)
    await connector.start()
  }
}

/** Lets a peer be called and expected as its configuration says. */
function configured(peer: Peer, { keepalive = 0, name, sharedIdentity = false }: PeerConfig): void {
  peer.name = name
  peer.sharedIdentity = sharedIdentity
  peer.presence.keepalive = keepalive * 1_000
}

/** What a peer owns by itself. */
function ownOf({ allowed, group }: PeerConfig): PeerConfig['allowed'] {
  return group === undefined ? allowed : []
}

function ownIdOf(privateKey: string | undefined): string {
  return privateKey === undefined ? '' : publicKeyOf(privateKey)
}
