import type { Cipher } from '../../core/api/cipher.js'
import type { PeerConfig, TunnelConfig } from '../../core/api/config.js'
import { redactedUrl, redactText } from '../../core/api/redact.js'
import { causesOf, dropsOf } from '../../core/forwarding/drops.js'
import type { Pump } from '../../core/forwarding/pump.js'
import type { Peer, Peers } from '../../core/peers/peers.js'
import type { Traffic } from '../../core/peers/traffic.js'
import type { Clock } from '../../core/time/clock.js'
import type { DeviceControl } from '../device/changed-device.js'
import type { PluginFigures } from '../figures/figure-values.js'

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
  readonly lastHandshake: string | null
  /** Milliseconds to the peer and back. */
  readonly roundTrip: number | null
  /** Bytes of the largest packet that reaches the peer whole. */
  readonly mtu: number
  readonly sent: Carried
  readonly received: Carried
  readonly drops: DropCounts
}

/** What is known of a tunnel. */
export interface TunnelStatus {
  /** The TUN device's name. */
  readonly device: string
  readonly cipher: string
  /** When it was started. */
  readonly since: string
  /** Where this end listens. */
  readonly listen: readonly string[]
  readonly isolateClients: boolean
  /** What went through with all peers that there were. */
  readonly sent: Carried
  readonly received: Carried
  /** By cause, each as `part.cause`. */
  readonly drops: DropCounts
  /** What plugins at work tell of themselves, by the plugin's name; absent if none declares figures. */
  readonly figures?: Readonly<Record<string, PluginFigures>>
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
  /** In the time of the clock. */
  readonly startedAt: number
}

export function statusOf({
  cipher,
  clock,
  config,
  figures,
  listen,
  peers,
  pump,
  startedAt,
  tun,
}: StatusSource): TunnelStatus {
  const time = timeBy(clock)
  const told = figures()
  return {
    device: tun.name,
    cipher: config.cipher,
    since: time(startedAt)!,
    listen,
    isolateClients: config.isolateClients ?? false,
    ...carried(pump.traffic),
    drops: dropsOf({ tun, pump, cipher, ...pump.hookDrops }),
    ...(told !== undefined && { figures: told }),
    peers: config.peers.map((known) => peerStatus(known, peers.get(known.id)!, config.tun.mtu, cipher, time)),
  }
}

function peerStatus(
  { allowed, endpoints, id, name }: PeerConfig,
  { chooser, connecting, drops, link, path, remote, roundTrip, since, traffic, why }: Peer,
  deviceMtu: number,
  cipher: Cipher,
  time: Time,
): PeerStatus {
  const handshake = cipher.sessions?.handshake?.(id)
  if (handshake !== undefined) roundTrip.took(handshake.roundTrip, handshake.at)
  return {
    name: name ?? null,
    id,
    allowed: allowed.map(({ text }) => text),
    endpoints: endpoints.map(redactedUrl),
    endpoint: chooser?.endpoint === undefined ? null : redactedUrl(chooser.endpoint),
    remote: remote === undefined ? null : redactText(remote),
    why: redactText(why),
    since: time(since),
    connecting:
      connecting === undefined
        ? null
        : {
            endpoint: redactedUrl(connecting.endpoint),
            step: connecting.name,
            since: time(connecting.since),
          },
    lastHandshake: time(handshake?.at),
    roundTrip: roundTrip.milliseconds === undefined ? null : Math.round(roundTrip.milliseconds * 10) / 10,
    mtu: path?.facts.mtu ?? deviceMtu,
    ...carried(traffic),
    drops: {
      ...causesOf(drops),
      ...dropsOf({ cipher: { drops: cipher.sessions?.drops?.(id) ?? {} } }),
      ...(link?.stream ? dropsOf({ link }) : {}), // a UDP link counts for all that share its socket
    },
  }
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
