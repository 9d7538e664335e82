import { expect, it } from 'vitest'
import { INNER, type Lab } from '../../../lab/lab.js'
import { residentBytes } from '../../../lab/process-usage.js'
import { connect, lossOf } from '../../support/e2e/connect.js'
import { DRIVERS } from '../../support/e2e/drivers.js'
import { copy } from '../../support/e2e/labs/copy.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'

/** Over one family as many as a tunnel may have memory, so that it shows if it keeps them; fewer over the other one. */
const COPIED_MEGABYTES = { ipv4: 100, ipv6: 20 } as const
/** Milliseconds for a copy in both directions at once, on a busy machine. */
const COPY_LIMIT = 120_000
const MEMORY_LIMIT = 100e6

for (const [driver, needs] of DRIVERS) {
  describeWhere(
    ['root', '/dev/net/tun', 'program ip', 'program ping', ...needs],
    `a tunnel with the driver ${driver}`,
    () => {
      const lab = groupLab()

      for (const family of ['ipv4', 'ipv6'] as const) {
        it(`loses no ping, ${family} inside`, async () => {
          await connect(lab, INNER[family], '--tun-driver', driver)
          expect(await lossOf(lab.near, INNER[family][1])).toBe('0%')
          expect(await lossOf(lab.far, INNER[family][0])).toBe('0%')
        })

        it(
          `copies ${COPIED_MEGABYTES[family]} MB over HTTP both ways at once in 100 MB of memory, ${family} inside`,
          async ({ annotate }) => {
            const ends = await connect(lab, INNER[family], '--tun-driver', driver)
            await copyBothWays(lab, family)
            const memory = ends.map(({ pid }) => residentBytes(pid))
            await annotate(`memory: ${memory.map((bytes) => (bytes / 1e6).toFixed(1)).join(' and ')} MB`)
            for (const bytes of memory) expect(bytes).toBeLessThanOrEqual(MEMORY_LIMIT)
          },
          COPY_LIMIT,
        )
      }
    },
  )
}

async function copyBothWays({ near, far }: Lab, family: keyof typeof INNER): Promise<void> {
  const bytes = 1_000_000 * COPIED_MEGABYTES[family]
  await Promise.all([copy(near, far, INNER[family][0], bytes), copy(far, near, INNER[family][1], bytes)])
}
