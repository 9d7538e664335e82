import { CONTROL_TYPES, type ControlItem, writeControl } from './control.js'

/** Item type: a byte of flags that say what its sender understands. */
const OFFLOAD_ITEM = 1
/** Super-packets, and packets whose transport checksum is partial. */
const SUPER_PACKETS_FLAG = 0x01

/** Milliseconds until an unanswered question is asked again, or given up. */
const RETRIES = [1000, 2000, 4000]

const NEVER = Number.POSITIVE_INFINITY

/**
 * What a peer understands beyond plain packets. It is asked at most three times per session, and is served as a
 * plain WireGuard peer unless it answers. What it said in a session holds in the next one until it fails to
 * answer there, so that renewing keys changes nothing.
 */
export class Capabilities {
  /** When to ask, or to give up. */
  nextAt = NEVER
  #takesSuperPackets = false
  #understandsControl = false
  #asked = 0
  #id = 0

  /** Whether the peer answered or asked: then it understands control messages. */
  get understandsControl(): boolean {
    return this.#understandsControl
  }

  /** Whether the peer said that it takes super-packets and partial checksums. */
  get takesSuperPackets(): boolean {
    return this.#takesSuperPackets
  }

  /** A session began: the peer is to be asked. `id` is that of the questions. */
  begin(id: number, now: number): void {
    this.#asked = 0
    this.#id = id
    this.nextAt = now
  }

  /** The question that is due, to be sealed; undefined where it was asked in vain for the last time. */
  ask(own: boolean, now: number): Uint8Array | undefined {
    if (this.#asked === RETRIES.length) {
      this.forget()
      return undefined
    }
    this.nextAt = now + RETRIES[this.#asked++]!
    return writeControl({ type: CONTROL_TYPES.capabilitiesRequest, id: this.#id, items: [offloadItem(own)] })
  }

  /** Takes what the peer says about itself, in a question or in an answer. */
  told(items: readonly ControlItem[]): void {
    const item = items.find(({ type, value }) => type === OFFLOAD_ITEM && value.length > 0)
    this.#takesSuperPackets = item !== undefined && (item.value[0]! & SUPER_PACKETS_FLAG) !== 0
    this.#understandsControl = true
    this.nextAt = NEVER
  }

  /** Knows nothing about the peer any more, and does not ask. */
  forget(): void {
    this.#takesSuperPackets = false
    this.#understandsControl = false
    this.nextAt = NEVER
  }
}

/** The answer to a peer's question. */
export function answerCapabilities(id: number, own: boolean): Uint8Array {
  return writeControl({ type: CONTROL_TYPES.capabilitiesResponse, id, items: [offloadItem(own)] })
}

function offloadItem(own: boolean): ControlItem {
  return { type: OFFLOAD_ITEM, value: Uint8Array.of(own ? SUPER_PACKETS_FLAG : 0) }
}
