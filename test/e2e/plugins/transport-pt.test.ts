import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { mountsOf } from '../../../lab/debian-packages.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { lossOf } from '../../support/e2e/connect.js'
import { copyEachWay } from '../../support/e2e/labs/copy.js'
import {
  CAPTURED_TUNNEL,
  CLIENT,
  groupFullTunnelLab,
  OUTER,
  SERVER,
  WORLD,
} from '../../support/e2e/labs/full-tunnel-lab.js'
import { endCleanly, killEachEnd } from '../../support/e2e/labs/kill-each-end.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const PLUGIN = join(import.meta.dirname, '../../../plugins/transport-pt/index.js')
const PORT = 443
/** Bytes: all of them by `npm run long -- pt`. */
const COPIED = process.env.QANAT_PT === 'full' ? 20_000_000 : 4_000_000
const PINGS = 10
/** Milliseconds for all of it, on a busy machine. */
const TIMEOUT = 120_000
const GROUPS = 'mount -t cgroup2 none /sys/fs/cgroup'

describeWhere(
  [...CAPTURED_TUNNEL, 'program obfs4proxy'],
  'a full tunnel with a kill switch over a pluggable transport',
  () => {
    const lab = groupFullTunnelLab()
    const state = temporaryFolder()
    chmodSync(state, 0o755) // its programs are users of their own

    it(
      'carries files each way by obfs4, tells where clients are, comes back after kill -9 of either end, and lets nothing past it',
      async () => {
        await lab.client.remount(GROUPS)
        const capture = await lab.capture(OUTER, PORT)
        const server = await serve([])
        const line = readFileSync(join(state, 'server/server-443-obfs4/obfs4_bridgeline.txt'), 'utf8')
        const cert = /cert=\S+/.exec(line)![0]
        const more = [`settings = ["${cert}", "iat-mode=0"]`]
        const client = await call(more)
        await server.line(`pt://${lab.client.ipv4}:`)
        expect(await lossOf(lab.client, SERVER.ipv4, PINGS)).toBe('0%')
        expect(await lossOf(lab.server, CLIENT.ipv4, PINGS)).toBe('0%')
        await copyEachWay(lab, COPIED)
        const again = await killEachEnd(lab, {
          server,
          serve: () => serve([]),
          client,
          call: () => call(more),
        })
        expect(capture.stdout).toEqual([])
        await endCleanly(again, lab.client)
      },
      TIMEOUT,
    )

    it('carries packets by a plugin of SIP003, simple-obfs', async () => {
      const mounts = mountsOf(['simple-obfs', 'libcork16', 'libev4'])
      await lab.client.remount(`${mounts}\n${GROUPS}`)
      await lab.server.remount(mounts)
      const capture = await lab.capture(OUTER, PORT)
      await serve(['program = "obfs-server"', 'protocol = "sip003"', 'server-settings = ["obfs=http"]'])
      const settings = 'settings = ["obfs=http", "obfs-host=www.example.org"]'
      const client = await call(['program = "obfs-local"', 'protocol = "sip003"', settings])
      expect(await lossOf(lab.client, WORLD.ipv4, PINGS)).toBe('0%')
      expect(capture.stdout).toEqual([])
      client.kill('SIGTERM') // control groups are the whole machine's, and this one goes with the tunnel
      expect(await client.ending()).toEqual({ code: 0, signal: null })
    })

    function serve(more: readonly string[]) {
      const plugins = [`plugins = ["${PLUGIN}"]`]
      return lab.serve(lab.serverFile(`pt://${OUTER}:${PORT}`, plugins, options('server', more)))
    }

    function call(more: readonly string[]) {
      return lab.call(
        lab.clientFile({
          endpoint: `pt://${OUTER}:${PORT}`,
          allowed: ['0.0.0.0/0', '::/0'],
          more: [`plugins = ["${PLUGIN}"]`, 'kill-switch = true'],
          rest: options('client', more),
        }),
      )
    }

    function options(end: string, more: readonly string[]): string[] {
      return ['[plugin.transport-pt]', `state = "${join(state, end)}"`, ...more]
    }
  },
)
