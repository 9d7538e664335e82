import type { Handshake, Opened, PeerId } from '../../core/api/cipher.js'
import { MAX_PACKET, type Packet } from '../../core/api/packet.js'
import { clearList, emptyList } from '../../core/bytes/clear-list.js'
import type { ClientSettings } from '../../core/settings/client-settings.js'
import { Deadline } from '../../core/time/deadline.js'
import { Capabilities } from './control/capabilities.js'
import { ToldLimits } from './control/datagram-limit.js'
import { SettingsExchange } from './control/settings-exchange.js'
import { CookieJar } from './handshake/cookies.js'
import type { Exchange, Remote } from './handshake/protocol.js'
import { Goodbye } from './session/goodbye.js'
import type { KeyPair } from './session/key-pair.js'
import { KeySlots } from './session/key-slots.js'
import { type Chance, PeerTimers } from './session/peer-timers.js'
import { StagedPackets } from './session/staged-packets.js'
import { TrialHandshakes } from './session/trial-handshakes.js'
import { FragmentAssembler } from './session/tunnel-fragments.js'
import type { DropCause } from './wire/drops.js'

/** What one batch of datagrams came to, for one peer. */
export class Inbox implements Opened {
  readonly peer: PeerId
  readonly packets = emptyList<Packet>()
  readonly probeReplies = emptyList<number>()
  roams = false
  settings: ClientSettings | undefined
  saidGoodbye = false
  maxDatagram: number | undefined
  /** Whether the batch brought anything authentic. */
  touched = false
  /** Whether any of it belongs to a session, rather than to a trial of this end's. */
  inSession = false
  /** Whether the batch led to a session that seals. */
  established = false

  constructor(peer: PeerId) {
    this.peer = peer
  }

  clear(): void {
    clearList(this.packets)
    clearList(this.probeReplies)
    this.roams = false
    this.settings = undefined
    this.saidGoodbye = false
    this.maxDatagram = undefined
    this.touched = false
    this.inSession = false
    this.established = false
  }
}

/** A handshake that this end started and that nothing answered yet. */
export interface Attempt {
  readonly exchange: Exchange
  readonly index: number
}

/** All that a Noise cipher knows of one peer. */
export class NoisePeer {
  readonly id: PeerId
  remote: Remote
  readonly keys: KeySlots
  readonly goodbye: Goodbye
  readonly timers: PeerTimers
  readonly jar: CookieJar
  /** When something is due, or before. */
  readonly deadline = new Deadline()
  readonly capabilities = new Capabilities(this.deadline)
  readonly settings: SettingsExchange
  readonly toldLimits = new ToldLimits()
  readonly staged = new StagedPackets()
  readonly inbox: Inbox
  readonly assembler = new FragmentAssembler(MAX_PACKET)
  attempt: Attempt | undefined
  /** Handshakes beside that one. */
  readonly trials = new TrialHandshakes(this.deadline)
  /** When the first of the attempts that nothing answered was made. */
  attemptingSince: number | undefined
  /** When the last initiation was sent to the peer, but for those of trials beside a session. */
  initiatedAt = Number.NEGATIVE_INFINITY
  /** When the last of all initiations was sent to the peer, and how many there were. */
  lastInitiationAt = Number.NEGATIVE_INFINITY
  initiations = 0
  /** When the last initiation of the peer was answered. */
  answeredAt = Number.NEGATIVE_INFINITY
  /** Answers in a row that another initiation followed, and no data. */
  ignoredAnswers = 0
  /** The timestamp of that initiation. */
  latestTimestamp: Uint8Array | undefined
  /** What was dropped of this peer's and to it; only causes that came up. */
  readonly drops: Partial<Record<DropCause, number>> = {}
  /** Bytes of all datagrams, of handshakes, too, as wireguard-go counts them. */
  readonly carried = { sent: 0, received: 0 }
  /** Whether the far end of the session before the trial that was adopted last understood control messages. */
  formerUnderstands = false
  /** The newest handshake that led to a session which seals. */
  handshake: Handshake | undefined
  /** Whether a session that is nearly too old was to be renewed because something came. */
  renewedLate = false

  /**
   * @param keepalive milliseconds between keepalives; 0: none.
   * @param ids yields ids of requests at random, 32 bits.
   */
  constructor(
    remote: Remote,
    keepalive: number,
    chance: Chance,
    ids: () => number,
    discarded: (keyPair: KeyPair) => void,
  ) {
    this.id = remote.id
    this.remote = remote
    this.keys = new KeySlots(discarded, this.deadline)
    this.goodbye = new Goodbye(this.keys)
    this.timers = new PeerTimers(keepalive, chance, this.deadline)
    this.jar = new CookieJar(remote.macs.cookie)
    this.inbox = new Inbox(remote.id)
    this.settings = new SettingsExchange(ids, this.deadline)
  }

  /** Counts for this peer alone what was dropped, besides being counted for all. */
  drop(cause: DropCause, count = 1): void {
    if (count > 0) this.drops[cause] = (this.drops[cause] ?? 0) + count
  }

  /** Counts datagrams that are for the peer: those of a list from an index on. */
  countSent(datagrams: readonly Uint8Array[], from = 0): void {
    for (let at = from; at < datagrams.length; at++) this.carried.sent += datagrams[at]!.length
  }

  /** Sets the deadline to when something is due. */
  setDeadline(): void {
    const { capabilities, keys, settings, timers, trials } = this
    const { nextAt } = capabilities
    this.deadline.at = Math.min(timers.next, nextAt, settings.nextAt, keys.discardAt, trials.nextAt)
  }
}
