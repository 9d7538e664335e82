import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { QANAT } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { groupFullTunnelLab, stateOf } from '../../support/e2e/labs/full-tunnel-lab.js'
import { logOf } from '../../support/e2e/log.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { guardOf } from '../../support/guard-of.js'

const PORT = 5188
const UP = 'TUN device is up'
/** A rule that nobody can delete, since there is no such one. */
const UNDOABLE = { kind: 'worded-rule', family: 4, words: ['priority', 'nonsense'] }
/** Notes what it is told, and fails as openresolv does over a file that it did not make. */
const MISMATCH = `#!/bin/sh
mkdir -p /run/resolvconf/interfaces
case $1 in -a) cat > "/run/resolvconf/interfaces/$2" ;; -d) rm -f "/run/resolvconf/interfaces/$2" ;; esac
echo "signature mismatch" >&2
exit 1
`
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
      const warning = logOf(next).find(({ message }) => message === 'cannot restore part of the host')
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
      expect(forced.stderr.at(-1)).toBe(`qanat: ${WHAT} stays, and the journal forgets it: undo it yourself`)
      expect(readdirSync(lab.runFolder)).toEqual([])
      expect(await stateOf(lab.client)).toBe(before)
    })

    it('is restored in another way if nft is broken by then, which is told with the journal’s path', async () => {
      const before = await stateOf(lab.client)
      const file = clientFile(['0.0.0.0/0'], ['kill-switch = true'])
      const killed = lab.up(lab.client, file)
      await killed.line(UP)
      process.kill(guardOf(killed), 'SIGKILL')
      killed.kill('SIGKILL')
      await killed.ending()
      expect(await stateOf(lab.client)).toContain('table inet qanat-client')
      const journal = journalIn(lab.runFolder)
      const down = where('mount --bind /bin/false "$(command -v nft)"', 'down', file)
      expect(await down.ending()).toEqual({ code: 0, signal: null })
      const told = logOf(down).find(({ message }) => message === 'restored part of the host in another way')
      expect(told).toMatchObject({ way: 'netlink', journal })
      expect(await stateOf(lab.client)).toBe(before)
      expect(readdirSync(lab.runFolder)).toEqual([])
    })

    it('is nothing after a start that failed at a resolvconf with a signature mismatch, or without nft', async () => {
      const before = await stateOf(lab.client)
      const folder = join(lab.folder, 'programs')
      mkdirSync(folder)
      writeFileSync(join(folder, 'resolvconf'), MISMATCH, { mode: 0o755 })
      const lay = `mount -t tmpfs none /run && mount --bind ${folder} /usr/local/sbin`
      const refused = where(lay, 'up', clientFile(['10.0.0.0/24'], ['dns = ["10.0.0.1"]']))
      expect(await refused.ending()).toEqual({ code: 2, signal: null })
      expect(refused.stderr.at(-1)).toMatch(/^qanat: Cannot run 'resolvconf -a .*: signature mismatch$/)
      expect(readdirSync(lab.runFolder)).toEqual([])
      const noFilter = where(
        'mount --bind /bin/false "$(command -v nft)"',
        'up',
        clientFile(['10.0.0.0/24'], ['kill-switch = true']),
      )
      expect(await noFilter.ending()).toEqual({ code: 2, signal: null })
      expect(readdirSync(lab.runFolder)).toEqual([])
      expect(await stateOf(lab.client)).toBe(before)
    })

    /** Runs Qanat where mounts hide programs of the host: `ip netns exec` makes a namespace for them each time. */
    function where(lay: string, ...words: readonly string[]): Program {
      const command = ['-c', `${lay} && exec "$0" "$@"`, process.execPath, QANAT, ...words]
      return lab.client.start('sh', command, { env: lab.environment })
    }

    function clientFile(allowed: readonly string[], more: readonly string[] = []): string {
      return lab.clientFile({
        endpoint: `udp://198.51.100.8:${PORT}`,
        allowed,
        more: ['post-down = ["true"]', ...more],
      })
    }
  },
)

function journalIn(folder: string): string {
  const name = readdirSync(folder).find((entry) => entry.endsWith('.journal'))
  return join(folder, name!)
}
