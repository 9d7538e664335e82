import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { REACHED } from '../../../lab/lab.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { lossOf } from '../../support/e2e/connect.js'
import { groupFullTunnelLab, SERVER } from '../../support/e2e/labs/full-tunnel-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'

const PLUGIN = join(import.meta.dirname, '../../../plugins/packets-rate/index.js')
const PORT = 5196
const NOBODY = 65_534
/** Pings of this size and number use a mebibyte up. */
const BYTES = 8_000
const PINGS = 140
/** Bytes that may be sent, and that the fragments of a ping have besides its own. */
const QUOTA = 2 ** 20
const IP_HEADERS = 200
/** Milliseconds: the README says that kill −9 loses no more. */
const MOST_LOST = 10_000

describeWhere(
  ['root', 'koffi', '/dev/net/tun', 'program ip', 'program ping'],
  'a quota of a tunnel that gave up root',
  () => {
    const lab = groupFullTunnelLab()

    it('is used up after a restart, too, and is stored where nobody else can look', async () => {
      const start = await prepare(lab.stateFolder)
      const first = await start()
      expect(await lossOf(lab.client, SERVER.ipv4, 3)).toBe('0%')
      await ping(PINGS)
      first.kill('SIGTERM')
      expect(await first.ending()).toEqual({ code: 0, signal: null })
      const file = storedIn(lab.stateFolder)!
      const about = [dirname(file), file].map((path) => statSync(path))
      expect(about.map(({ mode, uid }) => [mode & 0o777, uid])).toEqual([
        [0o700, NOBODY],
        [0o600, NOBODY],
      ])
      await start()
      expect(await ping(2)).toContain(' 100% packet loss')
    })

    it('is used up after kill −9, too, 10 s after the last packet at the latest', async () => {
      const state = temporaryFolder()
      const start = await prepare(state)
      const first = await start()
      await ping(PINGS)
      const isUsedUp = (bytes: number) => bytes > QUOTA - BYTES - IP_HEADERS
      await eventually('all that was used is stored', () => usedBy(storedIn(state)), isUsedUp, MOST_LOST)
      first.kill('SIGKILL')
      await first.ending()
      await start()
      expect(await ping(2)).toContain(' 100% packet loss')
    })

    /** Starts the server; what it returns starts the client, which keeps its state in a folder. */
    async function prepare(state: string) {
      for (const folder of [lab.folder, state]) if (existsSync(folder)) chmodSync(folder, 0o711)
      await lab.up(lab.server, lab.serverFile(`udp://0.0.0.0:${PORT}`)).line('listening')
      const more = [`plugins = ["${PLUGIN}"]`, 'hooks = ["packets-rate"]', `user = "${NOBODY}"`]
      const rest = ['[plugin.packets-rate]', 'quotas = ["out 1MiB"]']
      const endpoint = `udp://${lab.server.ipv4}:${PORT}`
      const file = lab.clientFile({ endpoint, allowed: [`${SERVER.ipv4}/32`], more, rest })
      return async () => {
        const client = lab.up(lab.client, file, { STATE_DIRECTORY: state })
        await client.line(REACHED)
        return client
      }
    }

    /** What ping(8) says in the end. */
    async function ping(count: number): Promise<string> {
      const quick = ['-nq', '-c', `${count}`, '-i', '0.002', '-W', '1', '-s', `${BYTES}`]
      const pings = lab.client.start('ping', [...quick, SERVER.ipv4])
      await pings.ending()
      return pings.stdout.join('\n')
    }
  },
)

/** Where the plugin's file is, once it is there. */
function storedIn(state: string): string | undefined {
  const storage = join(state, 'storage')
  const [tunnel] = existsSync(storage) ? readdirSync(storage) : []
  const file = join(storage, tunnel ?? '', 'packets-rate.json')
  return existsSync(file) ? file : undefined
}

/** Bytes that the only peer was sent, as they are stored. */
function usedBy(file: string | undefined): number {
  if (file === undefined) return 0
  const text = Buffer.from(JSON.parse(readFileSync(file, 'utf8')).used, 'base64').toString()
  const [peer] = Object.values<{ out: number }>(JSON.parse(text).used)
  return peer?.out ?? 0
}
