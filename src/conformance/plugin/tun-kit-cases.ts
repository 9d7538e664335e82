import { asError } from '../../core/api/errors.js'
import type { Case } from '../kit/case.js'
import { CountingClock } from '../kit/counting-clock.js'
import { inLab } from '../kit/in-lab.js'
import { tunCases } from '../tun/tun-cases.js'
import { worksBothWays } from '../tun/tun-closing.js'
import { TunLab, type TunSetup } from '../tun/tun-lab.js'
import type { TunDriverKit } from './kit.js'
import { partCases } from './part-cases.js'
import type { PartUnderTest, Variation } from './part-under-test.js'
import { secretsOf } from './secrets.js'

/** Cases of a TUN driver: those of all drivers, and those of all parts. */
export function tunKitCases(part: PartUnderTest<'TUN driver'>, kit: TunDriverKit, seed: number): Case[] {
  const setup = async (variation: Variation = {}): Promise<TunSetup> => {
    const { dispose, host, mtu, name, options = {}, withoutRights } = await kit.setup()
    const clock = new CountingClock()
    const over = new AbortController()
    return {
      driver: await part.make({ options }, clock, over.signal, variation),
      ...{ mtu, name, withoutRights, clock },
      ...(host && { host }),
      async dispose() {
        over.abort()
        await dispose?.()
      },
    }
  }
  const trial = {
    work: (variation: Variation) =>
      inLab(
        TunLab,
        () => setup(variation),
        async (lab) => worksBothWays(lab, await lab.start()),
      ),
    fail: (variation: Variation, shown: (text: string) => void) =>
      inLab(
        TunLab,
        () => setup(variation),
        async (lab) => {
          await lab.start()
          await lab.open().catch((thrown: unknown) => shown(asError(thrown).message))
        },
      ),
    async closeTwice() {
      const { dispose, options = {} } = await kit.setup()
      await part.closeTwice({ options })
      await dispose?.()
    },
    async secrets() {
      const { dispose, options = {} } = await kit.setup()
      await dispose?.()
      return secretsOf({ options }, part.options)
    },
  }
  return [
    ...tunCases({ setup: () => setup(), seed }),
    ...partCases(trial, part.options, seed, part.rehearses),
  ]
}
