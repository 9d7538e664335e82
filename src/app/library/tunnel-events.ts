import type { PeerId } from '../../core/api/cipher.js'
import type { Carried, DropCounts } from '../tunnel/status.js'

/** Of which peer something is told. */
export interface PeerName {
  /** What the configuration calls it. */
  readonly name: string | null
  /** Its public key in base64, or `peer` where ends share a key. */
  readonly id: PeerId
}

/** A peer, when something about it changed. */
export interface PeerEvent extends PeerName {
  /** Where it is reached now; null if it is not. */
  readonly remote: string | null
  /** The endpoint in use; null if there is none, or the peer chose. */
  readonly endpoint: string | null
  readonly why: string
}

/** What went through since the event before, or since the first listener came. */
export interface TrafficEvent {
  readonly sent: Carried
  readonly received: Carried
  /** The peers that anything went to or came from. */
  readonly peers: readonly (PeerName & { readonly sent: Carried; readonly received: Carried })[]
}

/** What was dropped since the event before, or since the first listener came. */
export interface DropsEvent {
  /** By cause, each as `part.cause`, as the status has them. */
  readonly drops: DropCounts
  /** The peers whose packets or datagrams were. */
  readonly peers: readonly (PeerName & { readonly drops: DropCounts })[]
}

/** What a tunnel tells while it runs, in the order in which it happens. */
export interface TunnelEvents {
  /** It carries packets. */
  up: [{ readonly device: string }]
  reached: [PeerEvent]
  /** It is reached at another address, or by another endpoint. */
  moved: [PeerEvent]
  lost: [PeerEvent]
  /** What went through, once a second if anything did, and before the tunnel is closed. */
  traffic: [TrafficEvent]
  /** What was dropped, once a second if anything was, and before the tunnel is closed. */
  drops: [DropsEvent]
  /** Another configuration applied. */
  reloaded: []
  /** It is over, and the host is restored; with the error that stopped it, if it was one. */
  closed: [Error | undefined]
}
