import { strict as assert } from 'node:assert'
import type { PluginExports } from '../../app/plugins/plugins.js'
import type { Plugin } from '../../core/plugin/plugin.js'
import type { Case } from '../kit/case.js'
import { limited } from '../kit/limited.js'
import { pattern } from '../kit/recorder.js'
import { HEADERS, PLACE, udpPacket } from '../tun/tun-place.js'
import { extremesOf } from './part-cases.js'
import { type TunnelGround, TunnelPair } from './tunnel-pair.js'

/** Payloads of the packets that go each way: short, and as long as the MTU. */
const PAYLOADS = [pattern(60, 1), pattern(1_420 - HEADERS, 2)]

/** How a part works in whole tunnels. */
export interface TunnelTrial {
  /** Called anew for each tunnel. */
  ground(): Promise<TunnelGround>
  /** Has the tunnel show that it works; packets go both ways if absent. */
  show?(pair: TunnelPair): Promise<void>
}

/** Cases about a part in whole tunnels, as a program starts, reloads and ends them. */
export function tunnelCases(module: PluginExports, plugin: Plugin, trial: TunnelTrial): Case[] {
  const { show = carriesBothWays } = trial
  /** Runs so many tunnels at a time; each is closed by the end. */
  const inTunnels = async (count: number, run: (...pairs: TunnelPair[]) => Promise<void>) => {
    const grounds = await limited('setup is done', () =>
      Promise.all(Array.from({ length: count }, () => trial.ground())),
    )
    const pairs = grounds.map((ground) => new TunnelPair(module, plugin, ground))
    try {
      await run(...pairs)
    } finally {
      for (const pair of pairs) await pair.close()
      for (const { dispose } of grounds) await limited('all is disposed of', async () => dispose?.())
    }
  }
  return [
    {
      name: 'carries a whole tunnel, and ends with it',
      promise: 'A tunnel over the part carries packets both ways, and the part closes with it, in time.',
      run: () =>
        inTunnels(1, async (pair) => {
          await pair!.start()
          await show(pair!)
          const before = faultsIn(pair!).length
          await pair!.close()
          assert.deepEqual(faultsIn(pair!).slice(before), [], 'faults at its end that the log tells of')
        }),
    },
    {
      name: 'serves each tunnel alone, and one after another',
      promise:
        '`setup` and `close` are called once per tunnel: closing one takes nothing from another, and the next starts afresh.',
      run: () =>
        inTunnels(3, async (first, second, third) => {
          await first!.start()
          await show(first!)
          if (!second!.isApartFrom(first!)) await first!.close()
          await second!.start()
          await first!.close()
          await show(second!)
          await second!.close()
          await third!.start()
          await show(third!)
        }),
    },
    {
      name: 'goes on over a reload that changes its options',
      promise:
        '`update` takes the options that a reload changes, or refuses them with a coded error, and the tunnel goes on.',
      run: () =>
        inTunnels(1, async (pair) => {
          const changes = Object.entries(plugin.options ?? {}).flatMap(([name, option]) =>
            extremesOf(option).map((value) => ({ [name]: value })),
          )
          if (changes.length === 0) return
          await pair!.start()
          for (const options of changes) {
            await pair!.reload(options)
            await show(pair!)
          }
        }),
    },
  ]
}

/** What the log tells of faults of plugins. */
function faultsIn({ log }: TunnelPair): string[] {
  return log.messages('warn').filter((line) => line.includes("plugin '"))
}

async function carriesBothWays(pair: TunnelPair): Promise<void> {
  const [near, far] = pair.devices
  for (const payload of PAYLOADS) {
    await pair.carry(near, far, udpPacket(PLACE.local, PLACE.far, payload))
    await pair.carry(far, near, udpPacket(PLACE.far, PLACE.local, payload))
  }
}
