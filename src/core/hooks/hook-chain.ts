import type { Logger } from '../api/logger.js'
import type { Packet } from '../api/packet.js'
import type { HookOperation } from '../api/packet-hook.js'
import type { TunDevice } from '../api/tun-device.js'
import type { Coalescer, Segmenter } from '../offload/index.js'
import type { Peer } from '../peers/peers.js'
import { HookRunner, type NamedHook } from './hook-runner.js'
import { HookedTraffic } from './hooked-traffic.js'

/** Takes what went through hooks. The list is its own; the packets are lent. */
export type HookSink = (packets: Packet[], peer: Peer, now: number) => void

/** What hooks are put together with. */
export interface HookChainParts {
  /** Bytes of the largest packet of the TUN device, at first. */
  readonly mtu: number
  readonly log: Logger
  /** Makes a segmenter. Called once for each hook and way that meets a super-packet and sees packets. */
  readonly makeSegmenter: () => Segmenter
  /** Makes a coalescer. Called at most once, if segments may be joined again. */
  readonly makeCoalescer: () => Coalescer
}

/** One way through one hook. */
interface Step {
  readonly runner: HookRunner
  segmenter: Segmenter | undefined
}

/** Hooks in their order: outwards from the host's end to the peers', inwards reversed. */
export class HookChain {
  readonly #runners: readonly HookRunner[]
  readonly #parts: HookChainParts
  readonly #steps: Readonly<Record<HookOperation, readonly Step[]>>
  #coalescer: Coalescer | undefined

  constructor(hooks: readonly NamedHook[], parts: HookChainParts) {
    this.#parts = parts
    this.#runners = hooks.map((hook) => new HookRunner(hook, parts.mtu, parts.log))
    this.#steps = {
      outgoing: stepsOf(this.#runners, 'outgoing'),
      incoming: stepsOf(this.#runners.toReversed(), 'incoming'),
    }
  }

  /** The packets that did not go on, by hook and cause. */
  get drops(): Readonly<Record<string, { readonly drops: Readonly<Record<string, number>> }>> {
    const segmenters = [...this.#steps.outgoing, ...this.#steps.incoming].flatMap(
      ({ segmenter }) => segmenter ?? [],
    )
    const malformed = segmenters.reduce((sum, { drops }) => sum + drops.malformed! + drops.segments!, 0)
    return {
      hooks: { drops: { malformed } },
      ...Object.fromEntries(this.#runners.map((runner) => [`hooks.${runner.name}`, runner])),
    }
  }

  /** The largest packet of the TUN device has so many bytes from now on. */
  resize(mtu: number): void {
    for (const runner of this.#runners) runner.mtu = mtu
  }

  /** What takes a pump's batches through them; `goOn` takes packets on to their peer, and `answer` what hooks answer it. */
  between(tun: Pick<TunDevice, 'write'>, goOn: HookSink, answer: HookSink): HookedTraffic {
    return new HookedTraffic(this, tun, goOn, answer)
  }

  /**
   * Takes a batch through all hooks, and in the end to `sink`, super-packets segmented for those that see packets: so it may come out in several
   * batches, and none that is empty comes out.
   *
   * @param rejoins Whether what comes after takes super-packets: then segments become such again, for a packet at a time is
   * slow to seal, to open and to write. Those that all hooks leave as they are, but for their payloads, need not be joined.
   * @returns copies of what hooks answer.
   * @throws PluginFault if a hook failed too often.
   */
  pass(
    operation: HookOperation,
    packets: Packet[],
    peer: Peer,
    now: number,
    sink: HookSink,
    rejoins = false,
  ): Packet[] {
    const replies: Packet[] = []
    const steps = this.#steps[operation]
    let cutBy: Segmenter | undefined
    let edited = false
    const goOn = (batch: Packet[], index: number): void => {
      const step = steps[index]
      if (step === undefined) {
        sink(cutBy !== undefined && rejoins ? this.#rejoined(batch, cutBy, edited) : batch, peer, now)
        return
      }
      const cuts = this.#cutterFor(step, batch)
      cutBy ??= cuts
      edited ||= step.runner.edits
      for (const seen of cuts?.segment(batch, 'partial') ?? [batch]) {
        const passed = step.runner.call(operation, seen, peer, now, replies)
        if (passed.length > 0) goOn(passed, index + 1)
      }
    }
    goOn(packets, 0)
    return replies
  }

  /** What cuts a batch for a hook that sees packets; undefined if it may see the batch as it is. */
  #cutterFor(step: Step, batch: readonly Packet[]): Segmenter | undefined {
    if (step.runner.sees !== 'packets' || batch.every(({ segmentSize }) => segmentSize === 0))
      return undefined
    step.segmenter ??= this.#parts.makeSegmenter()
    return step.segmenter
  }

  /** A list of its own, as the coalescer may be asked again before the sink is done. */
  #rejoined(batch: readonly Packet[], cutBy: Segmenter, edited: boolean): Packet[] {
    const restored = cutBy.restored(batch, edited)
    if (restored !== undefined) return restored
    this.#coalescer ??= this.#parts.makeCoalescer()
    return [...this.#coalescer.coalesce(batch)]
  }
}

function stepsOf(runners: readonly HookRunner[], operation: HookOperation): Step[] {
  return runners
    .filter((runner) => runner.does(operation))
    .map((runner) => ({ runner, segmenter: undefined }))
}
