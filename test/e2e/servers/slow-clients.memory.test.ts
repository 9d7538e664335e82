import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Program } from '../../../lab/program.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const BENCHMARK = join(import.meta.dirname, '../../../dist/bench/slow-clients.js')
/** KiB that one of them may cost, in use and of RSS; how many are measured, since V8's own memory comes and goes by megabytes. */
const MEMORY_LIMIT = 16
const MEASURED = 1_000
/** KiB in use that one may cost that has begun with TLS, of whom 256 are let in at once. */
const SECURED_LIMIT = 64
/** Milliseconds that this may take. */
const PATIENCE = 300_000

// What a connection costs is no question of time: this waits for most of a minute, beside others.
describeWhere(['program openssl'], `a server with ${MEASURED} clients that fall silent at any point`, () => {
  it(
    `has ${MEMORY_LIMIT} KiB at most of each`,
    async ({ annotate }) => {
      const report = await new Program(process.execPath, [BENCHMARK, String(MEASURED)]).output(PATIENCE)
      await annotate(report)
      const slow = [...report.matchAll(/sends (nothing|a byte a second|half a \S+) +(\S+) +(\S+)$/gm)]
      expect(slow).toHaveLength(13)
      for (const [, what, inUse, resident] of slow) {
        expect([what, Number(inUse) <= MEMORY_LIMIT]).toEqual([what, true])
        // What a large part went through on its way is garbage, which RSS has for a while.
        const isLarge = /(?:super-packet|head|message)$/.test(what!)
        if (!isLarge) expect([what, Number(resident) <= MEMORY_LIMIT]).toEqual([what, true])
      }
      const secured = [
        ...report.matchAll(/^wss .*(?:over TLS|upgraded|connection|sends a ClientHello) +(\S+) +(\S+)$/gm),
      ]
      expect(secured).toHaveLength(6)
      // RSS is no measure of so few: what OpenSSL gave back stays with the process.
      for (const [, inUse] of secured) expect(Number(inUse)).toBeLessThanOrEqual(SECURED_LIMIT)
    },
    PATIENCE + 60_000,
  )
})
