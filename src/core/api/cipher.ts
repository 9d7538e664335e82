import type { ToldReason } from '../reasons/reason.js'
import type { ClientSettings } from '../settings/client-settings.js'
import type { Packet } from './packet.js'
import type { Link } from './transport.js'

/** Names a peer: a WireGuard public key in base64, or `peer` if there is only one. */
export type PeerId = string

/** What one peer's datagrams of a batch came to. Lent until the next call of the cipher. */
export interface Opened {
  readonly peer: PeerId
  readonly packets: readonly Packet[]
  /**
   * The datagrams move the peer to the link they came by: authentic, no probe, and the highest counter yet
   * in the newest session (RFC 9000, section 9). Always true for ciphers that prove nothing.
   */
  readonly roams: boolean
  /** Ids of probes and of trials of ours that the peer answered. */
  readonly probeReplies: readonly number[]
  /** What the peer pushes to this end, which had asked for it: all of it, in place of what was pushed before. */
  readonly settings?: ClientSettings | undefined
  /**
   * The peer said goodbye in its newest session, and nothing newer came since: it is offline, even if older datagrams came in this
   * batch. Absent if the cipher has no goodbyes.
   */
  readonly saidGoodbye?: boolean | undefined
  /**
   * Bytes of the largest datagram that the peer may be sent by the link that the batch came by, if it says so: larger ones do not reach
   * it there. Absent if it says nothing of it.
   */
  readonly maxDatagram?: number | undefined
}

/** What a batch of datagrams came to. Lent until the next call of the cipher. */
export interface OpenResult {
  readonly opened: readonly Opened[]
  /** Datagrams to send back by the link that the batch came by. */
  readonly replies: readonly Uint8Array[]
}

/** Datagrams that are due to a peer, to be sent by the link it uses now. */
export interface Due {
  readonly peer: PeerId
  readonly datagrams: readonly Uint8Array[]
}

/**
 * Turns packets into datagrams and back; knows peers, keys, handshakes and replay.
 *
 * A cipher is a state machine fed with bytes and time: it has no sockets, no timers and no monotonic clock of
 * its own. `now` is monotonic, in milliseconds, and never decreases. What it returns is lent until its next
 * call. What comes off the wire is dropped and counted, never thrown.
 */
export interface Cipher {
  /** At most this many bytes are added to a packet to make its datagram. */
  readonly overhead: number
  /** Whether an opened packet proves who sent it. If it does not, peers never roam. */
  readonly authenticates: boolean
  /** Datagrams dropped so far, by cause. */
  readonly drops: Readonly<Record<string, number>>
  /** When `tick` wants to be called, in the time of `now`; Infinity while nothing is due. */
  readonly nextTick: number
  /**
   * Seals packets for a peer, in order. If there is no session yet the packets are staged (a bounded
   * queue, the oldest dropped first) and what is returned starts a handshake. No datagram exceeds `maxDatagram`: a
   * packet that needs more is fragmented if the far end reassembles fragments, or dropped and counted.
   */
  seal(peer: PeerId, packets: readonly Packet[], maxDatagram: number, now: number): readonly Uint8Array[]
  /** Opens datagrams that came by `link`, in place: their bytes are overwritten. */
  open(link: Link, datagrams: readonly Uint8Array[], now: number): OpenResult
  /** Does what time demands: retries, keepalives, rekeying, erasing keys. */
  tick(now: number): readonly Due[]
  /** The TUN device's largest packet has so many bytes from now on. Absent if a cipher does not depend on it. */
  resize?(mtu: number): void
  /** Forgets all keys. The cipher is not used afterwards. */
  close(): void
  /** Present if there are sessions: what failover and failback need. */
  readonly sessions?: Sessions
  /** Present if peers may come and go. */
  readonly peerManager?: PeerManager
  /** Present if ends can push settings to each other. */
  readonly settings?: SettingsPush
  /** Why handshakes come to nothing, of those that are not over; a bounded number. Absent if a cipher does not tell. */
  troubles?(now: number): readonly Trouble[]
}

/** Why a handshake came to nothing. */
export interface Trouble {
  readonly reason: ToldReason
  /** Whose handshake it is, or the public key that somebody proved to have; undefined if that is not known. */
  readonly peer?: PeerId | undefined
  /** The link by which it came, redacted; undefined if this end began it. */
  readonly remote?: string | undefined
  /** When it last came to nothing so, in the time of `now`. */
  readonly at: number
  /** How often it did. */
  readonly times: number
}

/** The peers of a cipher, while it is in use. */
export interface PeerManager {
  /** @throws ConfigError when the peer's keys are not right, or the peer is known already. */
  add(peer: CipherPeer): void
  /**
   * Takes other keys and another keepalive of a peer that is known. Its sessions go on; the keys count from the next
   * handshake on.
   *
   * @throws ConfigError when the keys are not right; then all is as before.
   */
  change(peer: CipherPeer): void
  /** Forgets a peer and its keys; one that is not known is ignored. */
  remove(peer: PeerId): void
  /**
   * This end has another private key, in base64, or none. Sessions with these peers end, and others begin with the new
   * key; peers that are not among them are about to be removed. Absent if this end has no key of its own.
   *
   * @throws ConfigError when a key is not right; then all is as before.
   */
  identify?(privateKey: string | undefined, peers: readonly CipherPeer[]): void
}

/** Pushes settings to peers, and asks peers for settings. What is not known of a peer is ignored. */
export interface SettingsPush {
  /**
   * What the peer gets whenever it asks, from now on; nothing but what MAX_PUSHED allows. If it asked before, it
   * is told that there is something new.
   */
  push(peer: PeerId, settings: ClientSettings, now: number): void
  /** Whether the peer is asked from now on, in each session. */
  ask(peer: PeerId, asks: boolean, now: number): void
}

/** What is known of the newest handshake with a peer. */
export interface Handshake {
  /** When it ended, in the time of `now`. */
  readonly at: number
  /** Milliseconds from a message of this end to the answer. */
  readonly roundTrip: number
}

/**
 * Handshakes beside the session in use. The answer to each proves that the way which its initiation went works, and proves
 * nothing of any other way; it moves nobody. At most four of a peer's at once, each for five seconds. A far end may know one new
 * session at a time, that of the newest initiation: if an older one is adopted, the session is renewed at once.
 */
export interface Trials {
  /**
   * The initiation of a handshake, to be sent by the way that is tried; undefined if none may begin now: too soon after another
   * initiation, too many at once, or the session in use is being renewed. The answer is told as that of a probe, and the
   * session that it leads to waits for being adopted or dropped.
   *
   * @param id stands for it, 32 bits: a number that no probe has.
   * @param beside whether the session in use goes on by another way. It is then renewed before or after the trial, never amid
   *   it. Otherwise the trial takes the place of a handshake that nothing answered.
   */
  begin(peer: PeerId, id: number, beside: boolean, now: number): Uint8Array | undefined
  /**
   * The session of a trial that was answered takes the place of the one in use, which still opens what is under way.
   *
   * @returns what is to be sent by the way that was tried: what tells the peer, and what waited for a session. Nothing if the
   *   trial is no longer there.
   */
  adopt(peer: PeerId, id: number, maxDatagram: number, now: number): readonly Uint8Array[]
  /**
   * A goodbye in the session before the one in use, in which nothing is sealed any more: for a far end that has no part in the
   * one in use, as the last datagram. Undefined if there is none, or if it is not known to understand that.
   */
  leave(peer: PeerId, now: number): Uint8Array | undefined
  /** Forgets a trial; one that is not there is ignored. */
  drop(peer: PeerId, id: number): void
}

/** What a cipher with sessions offers for choosing links. */
export interface Sessions {
  /** Absent if a cipher has one handshake with a peer at a time: then whatever is authentic proves any link. */
  readonly trials?: Trials | undefined
  /** Datagrams that start a handshake with the peer, now; empty if one was sent too short a time ago. */
  initiate(peer: PeerId, now: number): readonly Uint8Array[]
  /**
   * A sealed probe with the given id (32 bits), or undefined while there is no session or the peer knows no
   * probes. Its datagram has at least `length` bytes, to try a path's MTU; the answer is short.
   */
  probe(peer: PeerId, id: number, now: number, length?: number): Uint8Array | undefined
  /**
   * Ends the peer's session by a sealed goodbye, to be sent to it as the last datagram; undefined if there is no session, or if
   * the peer is not known to understand that. The peer is forgotten, as by PeerManager.remove. Absent if a cipher has no goodbyes.
   */
  goodbye?(peer: PeerId, now: number): Uint8Array | undefined
  /** Bytes that a datagram has beyond its packet, at the least; padding beyond that stops at `maxDatagram`. */
  readonly envelope: number
  /** The peer, too, pads packets to a multiple of so many bytes, as far as its own MTU goes; 1 if absent. */
  readonly block?: number | undefined
  /** Whether the peer has keys that seal now. */
  live(peer: PeerId, now: number): boolean
  /** Whether the peer said that it takes super-packets and partial checksums. */
  takesSuperPackets(peer: PeerId): boolean
  /** The newest handshake with the peer; undefined while there was none. Absent if a cipher does not tell. */
  handshake?(peer: PeerId): Handshake | undefined
  /** What was dropped of the peer's and to it, by cause: a part of the cipher's drops. Absent as above. */
  drops?(peer: PeerId): Readonly<Record<string, number>>
  /** Bytes of the datagrams that were made for the peer, and of those of its that were authentic. Absent as above. */
  carried?(peer: PeerId): { readonly sent: number; readonly received: number }
}

/** What is known of a cipher before it is made. Nothing is taken for granted of a trait that is absent. */
export interface CipherTraits {
  /**
   * What ends prove themselves by: a key that they share, a private key each, or nothing, whatever key there is; then
   * nothing can be pushed either.
   */
  readonly keys?: 'shared' | 'private' | 'none'
  /** Whether there is one peer, or any number of them, none at first. */
  readonly peers?: 'one' | 'many'
}

/** The traits of the cipher of a name; undefined if it is not known. */
export type CipherTraitsOf = (name: string) => CipherTraits | undefined

/** What a cipher knows of a peer. */
export interface CipherPeer {
  readonly id: PeerId
  /** A key shared with this peer alone, in base64. */
  readonly presharedKey?: string | undefined
  /** Seconds between keepalives while nothing else is sent; 0 or absent: none. */
  readonly keepalive?: number | undefined
}
