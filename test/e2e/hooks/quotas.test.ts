import { chmodSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { REACHED } from '../../../lab/lab.js'
import { lossOf } from '../../support/e2e/connect.js'
import { groupFullTunnelLab, SERVER } from '../../support/e2e/labs/full-tunnel-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const PLUGIN = join(import.meta.dirname, '../../../plugins/packets-rate/index.js')
const PORT = 5196
const NOBODY = 65_534
/** Pings of this size and number use a mebibyte up. */
const BYTES = 8_000
const PINGS = 140

describeWhere(
  ['root', 'koffi', '/dev/net/tun', 'program ip', 'program ping'],
  'a quota of a tunnel that gave up root',
  () => {
    const lab = groupFullTunnelLab()

    it('is used up after a restart, too, and is stored where nobody else can look', async () => {
      chmodSync(lab.folder, 0o711)
      await lab.up(lab.server, lab.serverFile(`udp://0.0.0.0:${PORT}`)).line('listening')
      const more = [`plugins = ["${PLUGIN}"]`, 'hooks = ["packets-rate"]', `user = "${NOBODY}"`]
      const rest = ['[plugin.packets-rate]', 'quotas = ["out 1MiB"]']
      const endpoint = `udp://${lab.server.ipv4}:${PORT}`
      const file = lab.clientFile({ endpoint, allowed: [`${SERVER.ipv4}/32`], more, rest })
      const start = async () => {
        const client = lab.up(lab.client, file)
        await client.line(REACHED)
        return client
      }
      const first = await start()
      expect(await lossOf(lab.client, SERVER.ipv4, 3)).toBe('0%')
      await ping(PINGS)
      first.kill('SIGTERM')
      expect(await first.ending()).toEqual({ code: 0, signal: null })
      const storage = join(lab.stateFolder, 'storage')
      const [tunnel] = readdirSync(storage)
      const about = ['', 'packets-rate.json'].map((name) => statSync(join(storage, tunnel!, name)))
      expect(about.map(({ mode, uid }) => [mode & 0o777, uid])).toEqual([
        [0o700, NOBODY],
        [0o600, NOBODY],
      ])
      await start()
      expect(await ping(2)).toContain(' 100% packet loss')
    })

    /** What ping(8) says in the end. */
    async function ping(count: number): Promise<string> {
      const quick = ['-nq', '-c', `${count}`, '-i', '0.002', '-W', '1', '-s', `${BYTES}`]
      const pings = lab.client.start('ping', [...quick, SERVER.ipv4])
      await pings.ending()
      return pings.stdout.join('\n')
    }
  },
)
