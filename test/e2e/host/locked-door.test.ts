import { appendFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { groupFullTunnelLab, stateOf } from '../../support/e2e/labs/full-tunnel-lab.js'
import { logOf } from '../../support/e2e/log.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { guardOf } from '../../support/guard-of.js'

const PORT = 5188
const UP = 'TUN device is up'
/** A rule that nobody can delete, since there is no such one. */
const UNDOABLE = { kind: 'worded-rule', family: 4, words: ['priority', 'nonsense'] }
const WHAT = "the routing rule 'priority nonsense' of IPv4"

describeWhere(
  ['root', 'koffi', '/dev/net/tun', 'program ip', 'program nft', 'program sysctl'],
  'what a killed tunnel left and nothing can restore',
  () => {
    const lab = groupFullTunnelLab()

    it('stops no start that does not need it, and "qanat down --force" forgets it after saying what stays', async () => {
      const before = await stateOf(lab.client)
      const file = clientFile(['10.0.0.0/24'])
      const killed = lab.up(lab.client, file)
      await killed.line(UP)
      process.kill(guardOf(killed), 'SIGKILL')
      killed.kill('SIGKILL')
      await killed.ending()
      const journal = journalIn(lab.runFolder)
      appendFileSync(journal, `${JSON.stringify(UNDOABLE)}\n`)

      const next = lab.up(lab.client, file)
      await next.line(UP)
      const warning = logOf(next).find(({ msg }) => msg === 'cannot restore part of the host')
      expect(warning).toMatchObject({ what: WHAT, journal })
      next.kill('SIGTERM')
      expect(await next.ending()).toEqual({ code: 0, signal: null })
      expect(readFileSync(journal, 'utf8')).toContain('nonsense')

      const full = lab.up(lab.client, clientFile(['0.0.0.0/0']))
      expect(await full.ending()).toEqual({ code: 2, signal: null })
      const why = `qanat: Cannot restore ${WHAT}: the lines above tell why; ${journal} keeps it, 'qanat down --force FILE' forgets it`
      expect(full.stderr.at(-1)).toBe(why)
      const down = lab.down(lab.client, file)
      expect(await down.ending()).toEqual({ code: 2, signal: null })
      expect(down.stderr.at(-1)).toBe(why)

      const forced = lab.down(lab.client, file, '--force')
      expect(await forced.ending()).toEqual({ code: 0, signal: null })
      expect(forced.stderr.at(-1)).toBe(`qanat: ${WHAT} stays: forgotten, see to it yourself`)
      expect(readdirSync(lab.runFolder)).toEqual([])
      expect(await stateOf(lab.client)).toBe(before)
    })

    function clientFile(allowed: readonly string[]): string {
      return lab.clientFile({
        endpoint: `udp://198.51.100.8:${PORT}`,
        allowed,
        more: ['post-down = ["true"]'],
      })
    }
  },
)

function journalIn(folder: string): string {
  const name = readdirSync(folder).find((entry) => entry.endsWith('.journal'))
  return join(folder, name!)
}
