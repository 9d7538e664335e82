import type { Deadline } from '../../../core/time/deadline.js'
import { CONTROL_TYPES, type ControlItem, writeControl } from './control.js'
import { ControlRequest } from './control-request.js'

/** Item type: a byte of flags that say what its sender understands. */
const OFFLOAD_ITEM = 1
/** Super-packets, and packets whose transport checksum is partial. */
const SUPER_PACKETS_FLAG = 0x01
/** Fragmented packets. Every Qanat end takes them. */
const FRAGMENTS_FLAG = 0x02

/**
 * What a peer understands beyond plain packets. It is asked at most three times per session, and is served as a
 * plain WireGuard peer unless it answers. What it said in a session holds in the next one until it fails to
 * answer there, so that renewing keys changes nothing.
 */
export class Capabilities {
  readonly #question: ControlRequest
  #takesSuperPackets = false
  #takesFragments = false
  #understandsControl = false

  /** @param deadline is lowered to when the peer is to be asked. */
  constructor(deadline: Deadline) {
    this.#question = new ControlRequest(deadline)
  }

  /** When to ask, or to give up. */
  get nextAt(): number {
    return this.#question.nextAt
  }

  /** Whether the peer answered or asked: then it understands control messages. */
  get understandsControl(): boolean {
    return this.#understandsControl
  }

  /** Whether the peer said that it takes super-packets and partial checksums. */
  get takesSuperPackets(): boolean {
    return this.#takesSuperPackets
  }

  /** Whether the peer said that it reassembles fragmented packets. */
  get takesFragments(): boolean {
    return this.#takesFragments
  }

  /** A session began: the peer is to be asked. `id` is that of the questions. */
  begin(id: number, now: number): void {
    this.#question.begin(id, now)
  }

  /** The question that is due, to be sealed; undefined if it was asked in vain for the last time. */
  ask(own: boolean, now: number): Uint8Array | undefined {
    const { id } = this.#question
    if (!this.#question.send(now)) {
      this.forget()
      return undefined
    }
    return writeControl({ type: CONTROL_TYPES.capabilitiesRequest, id, items: [offloadItem(own)] })
  }

  /** Takes what the peer says about itself, in a question or in an answer. */
  told(items: readonly ControlItem[]): void {
    const item = items.find(({ type, value }) => type === OFFLOAD_ITEM && value.length > 0)
    const flags = item?.value[0] ?? 0
    this.#takesSuperPackets = (flags & SUPER_PACKETS_FLAG) !== 0
    this.#takesFragments = (flags & FRAGMENTS_FLAG) !== 0
    this.#understandsControl = true
    this.#question.end()
  }

  /** Knows nothing about the peer any more, and does not ask. */
  forget(): void {
    this.#takesSuperPackets = false
    this.#takesFragments = false
    this.#understandsControl = false
    this.#question.end()
  }
}

/** The answer to a peer's question. */
export function answerCapabilities(id: number, own: boolean): Uint8Array {
  return writeControl({ type: CONTROL_TYPES.capabilitiesResponse, id, items: [offloadItem(own)] })
}

function offloadItem(own: boolean): ControlItem {
  return { type: OFFLOAD_ITEM, value: Uint8Array.of(FRAGMENTS_FLAG | (own ? SUPER_PACKETS_FLAG : 0)) }
}
