import type { Cipher, Trouble } from '../../core/api/cipher.js'
import type { PeerConfig, TunnelConfig } from '../../core/api/config.js'
import { redactedUrl, redactText } from '../../core/api/redact.js'
import type { TraitsOf } from '../../core/api/transport.js'
import { causesOf, dropsOf } from '../../core/forwarding/drops.js'
import type { Pump } from '../../core/forwarding/pump.js'
import type { PeerGroup } from '../../core/peers/peer-group.js'
import type { Peer, Peers } from '../../core/peers/peers.js'
import type { PresenceState } from '../../core/peers/presence.js'
import type { Traffic } from '../../core/peers/traffic.js'
import type { Portal } from '../../core/portal/portal-watch.js'
import type { ProxyChoice } from '../../core/proxy/choose-proxy.js'
import { Failure, failure, type ToldReason, toldReason } from '../../core/reasons/reason.js'
import type { Clock } from '../../core/time/clock.js'
import { proxiesBefore } from '../carriers/proxy-before.js'
import { type ShownCertificate, shownCertificates } from '../carriers/shown-certificates.js'
import type { DeviceControl } from '../device/changed-device.js'
import type { PluginFigures } from '../figures/figure-values.js'
import type { TransportSet } from '../transport-set.js'

/** What went one way inside the tunnel. A super-packet counts as one packet. */
export interface Carried {
  readonly packets: number
  readonly bytes: number
}

/** Packets and datagrams that were dropped, by cause; causes that did not come up are left out. */
export type DropCounts = Readonly<Record<string, number>>

/** What an attempt to reach a peer waits for. */
export interface ConnectingStatus {
  /** Where, redacted. */
  readonly endpoint: string
  /** `name`, `connect`, `proxy`, `tls`, `upgrade`, `handshake`, a transport's own word, or `dial` if it names none. */
  readonly step: string
  readonly since: string
}

/** How an attempt came to nothing. `step` and `code` are stable, sentences are not: docs/troubleshooting.md. */
export interface ReasonStatus {
  readonly step: string
  readonly code: string
  readonly why: string
  /** What to do about it; null if that is not known. */
  readonly remedy: string | null
}

/** How the last attempt to reach a peer by an endpoint came to nothing. */
export interface AttemptStatus extends ReasonStatus {
  /** Redacted. */
  readonly endpoint: string
  readonly at: string
  /** When it is tried next; null if that is not known, or not to be. */
  readonly next: string | null
}

/** What else is wrong: handshakes that come to nothing, paths that drop packets, ranges that are not led into the tunnel. */
export interface TroubleStatus extends ReasonStatus {
  /** The peer's id, or a public key that no peer has; null if it is not known, or nobody's. */
  readonly peer: string | null
  /** The remote address, redacted; null if this end asked. */
  readonly remote: string | null
  /** When it last came up; null if it goes on. */
  readonly at: string | null
  readonly times: number
}

/** A login page of the network that is in the way of all dials. */
export interface PortalStatus extends ReasonStatus {
  readonly since: string
  /** Host and port that were asked when it answered. */
  readonly host: string
  /** Its URL of `http:` or `https:` in ASCII, as whoever answered gave it: do not trust it. Null if none was given. */
  readonly url: string | null
}

/** What is known of a peer. Times are in ISO 8601; what is not known is null. */
export interface PeerStatus {
  /** What the user calls it. */
  readonly name: string | null
  /** Its public key in base64, or `peer` where ends share a key. */
  readonly id: string
  /** The inner addresses that it owns. */
  readonly allowed: readonly string[]
  /** Where it can be reached, the best first; redacted, as all that follows. */
  readonly endpoints: readonly string[]
  /** Which of them is in use; null if none is, or if the peer chooses. */
  readonly endpoint: string | null
  /** The address that it is reached at. */
  readonly remote: string | null
  /** Why it is reached there, or why it is not. */
  readonly why: string
  /** Since when that is so. */
  readonly since: string | null
  /** What an attempt to reach it waits for; null if there is none. */
  readonly connecting: ConnectingStatus | null
  /** The same of each attempt under way, the one that went on last at the end: there may be two. */
  readonly trying: readonly ConnectingStatus[]
  /** By endpoint why the last attempt came to nothing; without those that answered since. */
  readonly attempts: readonly AttemptStatus[]
  /**
   * The proxy, or the chain of them, before the endpoint in use, else the one being tried, else the first. Redacted, null if there is
   * none. Of a PAC file the proxy that was dialled last, or the file itself if nothing was dialled yet.
   */
  readonly proxy: string | null
  /** The option, the place in a file or the variable that names it; null if nothing does. */
  readonly proxySource: string | null
  readonly lastHandshake: string | null
  /** Milliseconds to the peer and back. */
  readonly roundTrip: number | null
  /**
   * `online` if an authentic datagram of it came within 30 s or two keepalives; `offline` if it said goodbye, or none came within
   * 180 s or three keepalives; else `idle`. Null if the cipher proves nothing.
   */
  readonly state: PresenceState | null
  /** Since when it is online or idle; null if it is neither. */
  readonly onlineSince: string | null
  /** When something authentic came last. */
  readonly lastSeen: string | null
  /** Whether it is offline because it said goodbye. */
  readonly saidGoodbye: boolean
  /** Bytes of the largest packet that reaches the peer whole. */
  readonly mtu: number
  readonly sent: Carried
  readonly received: Carried
  readonly drops: DropCounts
}

/** Peers that stand for each other. */
export interface GroupStatus {
  readonly name: string
  /** The ids of its members, in the order of the file. */
  readonly members: readonly string[]
  /** The one that owns their addresses now, reached or not. */
  readonly active: string
  /** Since when it is that. */
  readonly since: string
  /** How often another member took the place of the active one. */
  readonly moves: number
}

/** What is known of a tunnel. */
export interface TunnelStatus {
  /** The TUN device's name. */
  readonly device: string
  readonly cipher: string
  /** When it was started. */
  readonly since: string
  /** This end's inner addresses. */
  readonly addresses: readonly string[]
  /** Bytes of the largest packet of the TUN device. */
  readonly mtu: number
  /** Where this end listens. */
  readonly listen: readonly string[]
  /** The certificates that clients are shown over TLS, the first by default; absent if there are none. */
  readonly certificates?: readonly ShownCertificate[]
  readonly isolateClients: boolean
  /** What went through with all peers that there were. */
  readonly sent: Carried
  readonly received: Carried
  /** By cause, each as `part.cause`. */
  readonly drops: DropCounts
  /** What plugins at work tell of themselves, by the plugin's name; absent if none declares figures. */
  readonly figures?: Readonly<Record<string, PluginFigures>>
  readonly troubles: readonly TroubleStatus[]
  /** What is in the way while no peer is reached; null if that is no login page. */
  readonly portal: PortalStatus | null
  /** Absent if no peer is in one. */
  readonly groups?: readonly GroupStatus[]
  readonly peers: readonly PeerStatus[]
}

/** What a status is taken from. */
export interface StatusSource {
  readonly config: TunnelConfig
  readonly tun: DeviceControl
  readonly pump: Pump
  readonly cipher: Cipher
  readonly peers: Peers
  readonly clock: Clock
  readonly figures: () => TunnelStatus['figures'] | undefined
  readonly listen: readonly string[]
  readonly traits: TraitsOf
  readonly transports: Pick<TransportSet, 'triedBy'>
  /** Has the ranges that go by networks of the host, and why. */
  readonly judging: { readonly leftAlone: ReadonlyMap<string, string> }
  /** Knows the login page that is in the way, and groups. */
  readonly peerManager: { readonly portal: Portal | undefined; readonly groups: readonly PeerGroup[] }
  /** In the time of the clock. */
  readonly startedAt: number
}

export function statusOf(source: StatusSource): TunnelStatus {
  const { cipher, clock, config, figures, listen, peers, pump, startedAt, tun } = source
  const time = timeBy(clock)
  const troubles = cipher.troubles?.(clock.now()) ?? []
  const told = figures()
  const certificates = shownCertificates(config, source.traits)
  const { groups } = source.peerManager
  return {
    device: tun.name,
    cipher: config.cipher,
    since: time(startedAt)!,
    addresses: config.tun.addresses.map(({ local, prefix }) => `${local}/${prefix}`),
    mtu: config.tun.mtu,
    listen,
    ...(certificates.length > 0 && { certificates }),
    isolateClients: config.isolateClients ?? false,
    ...carried(pump.traffic),
    drops: dropsOf({ tun, pump, cipher, ...pump.hookDrops }),
    ...(told !== undefined && { figures: told }),
    troubles: troublesOf(source, troubles, time),
    portal: portalStatus(source.peerManager.portal, time),
    ...(groups.length > 0 && { groups: groups.map((group) => groupStatus(group, time)) }),
    peers: config.peers.map((known) => peerStatus(known, source, peers.get(known.id)!, troubles, time)),
  }
}

/** Of a PAC file the way by which it was dialled last, if it was. */
function proxyStatus(
  endpoint: URL,
  choice: ProxyChoice | undefined,
  transports: Pick<TransportSet, 'triedBy'>,
): Partial<Pick<ProxyChoice, 'shown' | 'source'>> {
  if (choice?.pac === undefined) return choice ?? {}
  const source = `${choice.source} (${choice.shown})`
  const tried = transports.triedBy(choice.pac, endpoint)
  return { shown: tried === undefined ? choice.shown : tried.way?.shown, source }
}

function peerStatus(
  { allowed, endpoints, id, name }: PeerConfig,
  { cipher, clock, config, traits, transports }: StatusSource,
  peer: Peer,
  troubles: readonly Trouble[],
  time: Time,
): PeerStatus {
  const { chooser, connecting, drops, failed, link, path, remote, roundTrip, since, traffic } = peer
  const tried = chooser?.endpoint ?? connecting?.endpoint ?? endpoints[0]
  const trying = peer.attempts.map(({ endpoint, name, since }) => {
    return { endpoint: redactedUrl(endpoint), step: name, since: time(since) }
  })
  const proxy =
    tried && proxyStatus(tried, proxiesBefore(tried, config.transports?.proxy, traits), transports)
  const handshake = cipher.sessions?.handshake?.(id)
  if (handshake !== undefined) roundTrip.took(handshake.roundTrip, handshake.at)
  return {
    name: name ?? null,
    id,
    allowed: allowed.map(({ text }) => text),
    endpoints: endpoints.map(redactedUrl),
    endpoint: chooser?.endpoint === undefined ? null : redactedUrl(chooser.endpoint),
    remote: remote === undefined ? null : redactText(remote),
    why: redactText(whyOf(peer, troubles)),
    since: time(since),
    connecting: trying.at(-1) ?? null,
    trying,
    attempts: [...failed].map(([endpoint, { at, reason }]) => ({
      ...{ endpoint: redactedUrl(endpoint), at: time(at), ...reasonStatus(reason) },
      next: time(chooser?.nextAttempt(endpoint)),
    })),
    proxy: proxy?.shown ?? null,
    proxySource: proxy?.source ?? null,
    lastHandshake: time(handshake?.at),
    ...(cipher.authenticates ? presenceOf(peer, clock.now(), time) : NO_PRESENCE),
    roundTrip: roundTrip.milliseconds === undefined ? null : Math.round(roundTrip.milliseconds * 10) / 10,
    mtu: path?.facts.mtu ?? config.tun.mtu,
    ...carried(traffic),
    drops: {
      ...causesOf(drops),
      ...dropsOf({ cipher: { drops: cipher.sessions?.drops?.(id) ?? {} } }),
      ...(link?.stream ? dropsOf({ link }) : {}), // a UDP link counts for all that share its socket
    },
  }
}

/** Whether a peer is there, as far as its cipher proves anything. */
type PresenceStatus = Pick<PeerStatus, 'state' | 'onlineSince' | 'lastSeen' | 'saidGoodbye'>

const NO_PRESENCE: PresenceStatus = { state: null, onlineSince: null, lastSeen: null, saidGoodbye: false }

function presenceOf({ presence }: Peer, now: number, time: Time): PresenceStatus {
  const { lastSeen, onlineSince, saidGoodbye } = presence
  const state = presence.state(now)
  return {
    ...{ state, lastSeen: time(lastSeen), saidGoodbye },
    onlineSince: state === 'offline' ? null : time(onlineSince),
  }
}

/** What the cipher knows of a peer that is not reached says more than that nothing answers. */
function whyOf({ id, remote, why }: Peer, troubles: readonly Trouble[]): string {
  const known = troubles.findLast(({ peer, reason }) => peer === id && reason.code !== 'handshake-late')
  return remote === undefined ? (known?.reason.text ?? why) : why
}

function troublesOf(
  { config, judging, peers }: StatusSource,
  troubles: readonly Trouble[],
  time: Time,
): TroubleStatus[] {
  const ranges: TroubleStatus[] = [...judging.leftAlone.values()].map((text) =>
    going(null, toldReason(new Failure({ code: 'range-here', text }), '')),
  )
  const paths = [...peers].flatMap(({ id, path }) => {
    if (path === undefined || path.facts.state !== 'confirmed' || path.facts.mtu >= config.tun.mtu) return []
    return [going(id, toldReason(failure('path-narrow', { bytes: path.facts.mtu }), ''))]
  })
  const ages = [...peers].flatMap(({ chooser, id }) => {
    const age = chooser?.cutAfter
    if (age === undefined) return []
    return [going(id, toldReason(failure('link-aged', { seconds: Math.round(age / 100) / 10 }), ''))]
  })
  const handshakes = troubles.map(
    ({ at, peer = null, reason, remote, times }): TroubleStatus => ({
      ...{ ...reasonStatus(reason), peer, remote: remote === undefined ? null : redactText(remote) },
      ...{ at: time(at), times },
    }),
  )
  return [...handshakes, ...ages, ...paths, ...ranges]
}

function groupStatus({ active, members, moves, name, since }: PeerGroup, time: Time): GroupStatus {
  return { name, members: members.map(({ id }) => id), active: active.id, since: time(since), moves }
}

function portalStatus(portal: Portal | undefined, time: Time): PortalStatus | null {
  if (portal === undefined) return null
  const { host, page = null, reason, since } = portal
  return { since: time(since), ...reasonStatus(reason), host, url: page }
}

/** What is wrong and goes on. */
function going(peer: string | null, reason: ToldReason): TroubleStatus {
  return { ...reasonStatus(reason), peer, remote: null, at: null, times: 1 }
}

function reasonStatus({ code, remedy, step, text }: ToldReason): ReasonStatus {
  return { step, code, why: redactText(text), remedy: remedy ?? null }
}

function carried({ receivedBytes, receivedPackets, sentBytes, sentPackets }: Traffic) {
  return {
    sent: { packets: sentPackets, bytes: sentBytes },
    received: { packets: receivedPackets, bytes: receivedBytes },
  }
}

/** When something was, as text. */
type Time = {
  (at: number): string
  (at: number | undefined): string | null
}

function timeBy(clock: Clock): Time {
  const start = clock.wall() - clock.now()
  return ((at: number | undefined) => (at === undefined ? null : new Date(start + at).toISOString())) as Time
}
