import type { Packet } from '../../core/api/packet.js'
import type { HookOperation, HookSees, PacketHook } from '../../core/api/packet-hook.js'
import { Lent, resultOf } from '../../core/hooks/hook-result.js'
import { totalDrops } from '../kit/drops.js'
import { limited } from '../kit/limited.js'
import type { VirtualClock } from '../kit/virtual-clock.js'
import { type GuardedSample, guardedSample } from './samples.js'

/** What fills packets that were lent, once the call is over. */
const OVERWRITTEN = 0xee
/** Milliseconds between two batches. */
const STEP = 7
const WAYS: readonly HookOperation[] = ['outgoing', 'incoming']

/** What a packet hook is tested with. A new one is made for each case. */
export interface HookSetup {
  readonly hook: PacketHook
  /** What the hook is handed; packets if absent. */
  readonly sees?: HookSees | undefined
  /** Whether it may edit packets in place; true if absent. */
  readonly edits?: boolean | undefined
  /** Bytes of the largest packet that it may put in place of another, as it was told. */
  readonly mtu: number
  /** Packets that it is to do something about, beyond those that the kit makes: each from its IP header on. */
  readonly packets?: readonly Uint8Array[] | undefined
}

/** What a hook made of a batch. */
export interface HookAnswer {
  /** The batch as it was lent. */
  readonly lent: readonly GuardedSample[]
  /** What goes on, checked as a tunnel does. */
  readonly passed: readonly Packet[]
  readonly replies: readonly Packet[]
  /** Packets of the hook's own that are larger than the MTU. */
  readonly tooLarge: number
}

/** Calls a hook as a tunnel would. Whatever it was lent is overwritten as soon as that is allowed. */
export class HookLab {
  readonly hook: PacketHook
  readonly mtu: number
  readonly sees: HookSees
  readonly edits: boolean
  readonly clock: VirtualClock
  readonly #more: readonly Uint8Array[]
  #closed = false

  constructor({ hook, mtu, sees = 'packets', edits = true, packets = [] }: HookSetup, clock: VirtualClock) {
    this.hook = hook
    this.mtu = mtu
    this.sees = sees
    this.edits = edits
    this.clock = clock
    this.#more = packets
  }

  /** The ways that the hook does something about. */
  get ways(): readonly HookOperation[] {
    return WAYS.filter((way) => this.hook[way] !== undefined)
  }

  /** What the hook says that it left out so far; undefined if it has no `drops`. */
  get drops(): number | undefined {
    return this.hook.drops === undefined ? undefined : totalDrops({ drops: this.hook.drops })
  }

  /** The author's own packets, and the kit's. */
  batch(samples: readonly Packet[]): Packet[] {
    const own = this.#more.map((bytes): Packet => ({ bytes, segmentSize: 0, checksum: 'full' }))
    return [...own, ...samples]
  }

  /** What the hook returns, unseen, and what it was lent. */
  lend(way: HookOperation, packets: readonly Packet[]): { returned: unknown; lent: GuardedSample[] } {
    const lent = packets.map((packet) => guardedSample(packet, way))
    return { returned: this.#handOver(way, [...lent]), lent }
  }

  /** What the hook made of a batch; nothing is read of what is no result, or of a throw: other cases are about these. */
  call(way: HookOperation, packets: readonly Packet[], read: (answer: HookAnswer) => void): void {
    let answer: HookAnswer
    try {
      answer = this.answer(way, packets)
    } catch {
      return
    }
    read(answer)
    for (const { bytes } of answer.lent) bytes.fill(OVERWRITTEN)
  }

  /** Throws an Error that says why what the hook returned is no result. */
  answer(way: HookOperation, packets: readonly Packet[]): HookAnswer {
    const lent = packets.map((packet) => guardedSample(packet, way))
    const list = [...lent]
    const taker = new Lent(list, way)
    const result = resultOf(this.#handOver(way, list))
    let tooLarge = 0
    const passed = taker.takeBack(result.packets ?? list, this.mtu, () => tooLarge++)
    return { lent, passed, replies: result.replies ?? [], tooLarge }
  }

  #handOver(way: HookOperation, packets: Packet[]): unknown {
    this.clock.advance(STEP)
    return this.hook[way]!(packets, { id: 'peer', name: 'the far end' }, this.clock.now())
  }

  /** Ends the hook, once. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await limited('the hook is closed', async () => this.hook.close?.())
  }
}
