import { asError, PluginFault } from '../api/errors.js'
import type { Logger } from '../api/logger.js'
import { type Packet, packetOf } from '../api/packet.js'
import type { HookOperation, HookSees, PacketHook } from '../api/packet-hook.js'
import { ThrottledWarnings } from '../api/throttled-warnings.js'
import type { Peer } from '../peers/peers.js'
import { FAULT_SPAN, FaultLimit, MOST_FAULTS } from './fault-limit.js'
import { checkPacket, Lent, resultOf } from './hook-result.js'

/** Replies to one batch that are sent at the most. */
const MOST_REPLIES = 256

/** A hook that was chosen. */
export interface NamedHook {
  readonly name: string
  /** The plugin that brings it, as messages call it. */
  readonly plugin: string
  readonly sees: HookSees
  /** Whether it may edit packets in place; true if absent. */
  readonly edits?: boolean | undefined
  readonly hook: PacketHook
}

/** Calls one hook, counts what it drops, and bears with its faults as long as they are few. */
export class HookRunner {
  readonly name: string
  readonly sees: HookSees
  readonly edits: boolean
  /** Bytes of the largest packet that a hook may put in place of another now. */
  mtu: number
  readonly #plugin: string
  readonly #hook: PacketHook
  readonly #log: Logger
  readonly #warnings: ThrottledWarnings
  readonly #faults = new FaultLimit()
  /** Whether that was told: nobody says when somebody looks. */
  #cannotCount = false
  readonly #drops = { dropped: 0, failed: 0, tooLarge: 0, replies: 0 }

  constructor({ hook, name, plugin, sees, edits = true }: NamedHook, mtu: number, log: Logger) {
    this.name = name
    this.sees = sees
    this.edits = edits
    this.#plugin = plugin
    this.#hook = hook
    this.mtu = mtu
    this.#log = log
    this.#warnings = new ThrottledWarnings(log)
  }

  /** Packets that did not go on, by cause. */
  get drops(): Readonly<Record<string, number>> {
    const own = this.#ownDrops
    return { ...this.#drops, ...own }
  }

  /** Whether the hook has anything to do there. */
  does(operation: HookOperation): boolean {
    return this.#hook[operation] !== undefined
  }

  /**
   * Lends the hook a batch; its replies are appended as copies.
   *
   * @returns what goes on, in a list of its own.
   * @throws PluginFault if the hook failed too often.
   */
  call(
    operation: HookOperation,
    packets: readonly Packet[],
    peer: Peer,
    now: number,
    replies: Packet[],
  ): Packet[] {
    const count = packets.length
    try {
      const lent = new Lent(packets, operation)
      const result = resultOf(this.#hook[operation]!(packets, peer, now))
      let tooLarge = 0
      const passed = lent.takeBack(result.packets ?? packets, this.mtu, () => tooLarge++)
      if (result.replies !== undefined) this.#keep(result.replies, replies)
      const missing = Math.max(0, count - passed.length)
      peer.drops.hooked += missing
      this.#drops.tooLarge += tooLarge
      if (this.#hook.drops === undefined) this.#drops.dropped += Math.max(0, missing - tooLarge)
      return passed
    } catch (thrown) {
      this.#drops.failed += count
      peer.drops.hooked += count
      this.#failed(operation, thrown, now)
      return []
    }
  }

  /** What the hook counts itself. It is only looked at, so what fails there counts as one fault and ends nothing. */
  get #ownDrops(): PacketHook['drops'] {
    try {
      const counts = Object.entries(this.#hook.drops ?? {})
      return Object.fromEntries(counts.filter(([, count]) => Number.isFinite(count)))
    } catch (thrown) {
      if (this.#cannotCount) return undefined
      this.#cannotCount = true
      this.#drops.failed++
      const { message: why } = asError(thrown)
      this.#log.warn(`packet hook '${this.name}' cannot say what it drops`, { plugin: this.#plugin, why })
      return undefined
    }
  }

  #keep(returned: readonly unknown[], replies: Packet[]): void {
    for (const one of returned) {
      checkPacket(one)
      if (replies.length >= MOST_REPLIES || one.segmentSize !== 0 || one.bytes.length > this.mtu) {
        this.#drops.replies++
      } else {
        replies.push({ ...packetOf(one.bytes), checksum: one.checksum })
      }
    }
  }

  #failed(operation: HookOperation, thrown: unknown, now: number): void {
    const { message: why, stack } = asError(thrown)
    this.#log.debug('a packet hook failed', { hook: this.name, plugin: this.#plugin, operation, stack })
    if (this.#faults.exceededAt(now)) {
      const hook = `packet hook '${this.name}' of plugin '${this.#plugin}'`
      const times = `'${operation}' failed for the ${MOST_FAULTS}th time within ${FAULT_SPAN / 1_000} s`
      throw new PluginFault(`Cannot go on with ${hook}: ${times}: ${why}`, {
        code: 'ERR_PLUGIN_FAULT',
        cause: thrown,
        plugin: this.#plugin,
        operation,
      })
    }
    this.#warnings.give(
      `packet hook '${this.name}' failed, and its packets are dropped`,
      { plugin: this.#plugin, operation, why },
      now,
    )
  }
}
