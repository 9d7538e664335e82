import type { CipherPeer, PeerId } from '../../../core/api/cipher.js'
import type { DropCause } from '../wire/drops.js'
import { type MessageKind, SENDER_AT, startMessage, writeIndex } from '../wire/messages.js'
import type { Suite } from '../wire/suite.js'
import type { HandshakeState } from './handshake-state.js'
import type { MacKeys } from './macs.js'
import { MACS_BYTES } from './macs.js'

/** How many datagrams one key may seal. */
export interface MessageLimits {
  /** From this many on, a new session is started. */
  readonly rekeyAfter: number
  /** This many, and not one more, are sealed or opened. At most 2^53. */
  readonly rejectAfter: number
}

/**
 * What tells one cipher of the data plane from another: its algorithms, who its ends are, and the two messages
 * of its handshake. Messages come here with their mac1 proven and their length right.
 */
export interface Protocol {
  readonly suite: Suite
  /** Whether this end has the keys for a handshake; without them it starts and answers none. */
  readonly ready: boolean
  readonly limits: MessageLimits
  /** Packets are padded to a multiple of this many bytes. */
  readonly padding: number
  /** Bytes. */
  readonly initiationLength: number
  /** Bytes. */
  readonly responseLength: number
  /** Keys of the macs in messages to this end. */
  readonly macs: MacKeys
  /** @throws ConfigError when the peer's keys are not right. */
  remote(peer: CipherPeer): Remote
  read(initiation: Uint8Array): Question | DropCause
  /** Forgets all keys. */
  erase(): void
}

/** The far end, as the handshake knows it. */
export interface Remote {
  readonly id: PeerId
  /** Keys of the macs in messages to the far end. */
  readonly macs: MacKeys
  /** If both ends start a session at once: whether the far end's is the one to keep. The far end says the opposite. */
  readonly winsTieBreak: boolean
  /** Starts a handshake; undefined if the far end's key is of low order. */
  start(sender: number, timestamp: Uint8Array): Exchange | undefined
  /** Answers an initiation that was read and found acceptable; undefined as above. */
  answer(question: Question, sender: number): Answer | undefined
  /** Forgets all keys. */
  erase(): void
}

/** A handshake that waits for its answer. */
export interface Exchange {
  /** The initiation, without macs. */
  readonly initiation: Uint8Array
  /** The keys that a response leads to. A response that is not right spoils nothing. */
  finish(response: Uint8Array): SessionKeys | DropCause
  /** Forgets all keys. */
  erase(): void
}

/** An initiation that was read. Nothing was done about it yet. */
export interface Question {
  readonly peer: PeerId
  readonly timestamp: Uint8Array
  /** The id of the end that sent it; empty where ends have none. */
  readonly endId: Uint8Array
  /** The index that the response must bear. */
  readonly sender: number
  readonly handshake: HandshakeState
}

/** The answer to an initiation, and the session that it begins. */
export interface Answer {
  /** The response, without macs. */
  readonly response: Uint8Array
  readonly keys: SessionKeys
}

/** The keys of a session. */
export interface SessionKeys {
  readonly send: Uint8Array
  readonly receive: Uint8Array
}

/** Erases a handshake that leads nowhere; returns why. */
export function erased<Why>(handshake: HandshakeState, why: Why): Why {
  handshake.erase()
  return why
}

/** The keys of a finished handshake, from one end's view. The handshake is erased. */
export function sessionKeys(handshake: HandshakeState, initiator: boolean): SessionKeys {
  const [ofInitiator, ofResponder] = handshake.split()
  handshake.erase()
  return initiator ? { send: ofInitiator, receive: ofResponder } : { send: ofResponder, receive: ofInitiator }
}

/** A message of the handshake: type, indices, what Noise made, and room for the macs. */
export function assemble(kind: MessageKind, indices: readonly number[], body: Uint8Array): Uint8Array {
  const bodyAt = SENDER_AT + 4 * indices.length
  const message = startMessage(kind, bodyAt + body.length + MACS_BYTES)
  for (const [number, index] of indices.entries()) writeIndex(message, SENDER_AT + 4 * number, index)
  message.set(body, bodyAt)
  return message
}
