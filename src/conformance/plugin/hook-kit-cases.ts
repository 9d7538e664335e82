import { hookCases } from '../hooks/hook-cases.js'
import { HookLab, type HookSetup } from '../hooks/hook-lab.js'
import { soundPackets } from '../hooks/samples.js'
import type { Case } from '../kit/case.js'
import { randomFrom } from '../kit/packets.js'
import { VirtualClock } from '../kit/virtual-clock.js'
import type { PacketHookKit } from './kit.js'
import { partCases } from './part-cases.js'
import type { PartUnderTest, Variation } from './part-under-test.js'
import { secretsOf } from './secrets.js'

/** Cases of a packet hook: those of all hooks, and those of all parts. */
export function hookKitCases(part: PartUnderTest<'packet hook'>, kit: PacketHookKit, seed: number): Case[] {
  const made = async (
    clock: VirtualClock,
    signal: AbortSignal,
    variation: Variation = {},
  ): Promise<HookSetup> => {
    const { packets, ...given } = await kit.setup()
    const hook = await part.make(given, clock, signal, variation)
    const { sees, edits } = part.described
    return { hook, sees, edits, mtu: given.mtu ?? part.defaults.mtu, packets }
  }
  const trial = {
    async work(variation: Variation) {
      const clock = new VirtualClock()
      const over = new AbortController()
      const lab = new HookLab(await made(clock, over.signal, variation), clock)
      try {
        const packets = lab.batch(soundPackets(lab.mtu, randomFrom(seed)))
        for (const way of lab.ways) lab.lend(way, packets)
      } finally {
        await lab.close()
        over.abort()
      }
    },
    async fail() {},
    secrets: async () => secretsOf(await kit.setup(), part.options),
  }
  const setup = (clock: VirtualClock) => made(clock, new AbortController().signal)
  return [...hookCases({ setup, seed }), ...partCases(trial, part.options, seed, part.rehearses)]
}
