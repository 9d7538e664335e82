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
import { type TunnelTrial, tunnelCases } from './tunnel-cases.js'

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
    closeTwice: async () => part.closeTwice(await kit.setup()),
    secrets: async () => secretsOf(await kit.setup(), part.options),
  }
  const tunnel: TunnelTrial = {
    async ground() {
      const { mtu = part.defaults.mtu, options } = await kit.setup()
      const tun = { name: undefined, mtu, addresses: [], routes: [] }
      const end = { config: { packetHooks: [part.name], tun }, options }
      return { near: end, far: end }
    },
    /** What becomes of packets is the hook's own matter: the tunnel bears it. */
    async show(pair) {
      const { mtu = part.defaults.mtu, packets = [] } = await kit.setup()
      const samples = [...packets, ...soundPackets(mtu, randomFrom(seed)).map(({ bytes }) => bytes)]
      for (const device of pair.devices) {
        device.inject(...samples)
        await pair.quiet()
      }
    },
  }
  const setup = (clock: VirtualClock) => made(clock, new AbortController().signal)
  return [
    ...hookCases({ setup, seed }),
    ...partCases(trial, part.options, seed, part.rehearses),
    ...tunnelCases(part.module, part.plugin, tunnel),
  ]
}
