import { join } from 'node:path'
import { expect, it } from 'vitest'
import { lossOf } from '../../support/e2e/connect.js'
import { copyEachWay } from '../../support/e2e/labs/copy.js'
import {
  CAPTURED_TUNNEL,
  CLIENT,
  groupFullTunnelLab,
  OUTER,
  SERVER,
} from '../../support/e2e/labs/full-tunnel-lab.js'
import { endCleanly, killEachEnd } from '../../support/e2e/labs/kill-each-end.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const PLUGIN = join(import.meta.dirname, '../../../plugins/cipher-xchacha20/index.js')
const PORT = 5194
const COPY_BYTES = 20_000_000
/** Milliseconds for all of it, on a busy machine. */
const TIMEOUT = 120_000

describeWhere(CAPTURED_TUNNEL, 'a full tunnel sealed by the plugin cipher-xchacha20', () => {
  const lab = groupFullTunnelLab()

  it(
    'loses no ping, copies 20 MB each way, comes back after kill -9 of either end, and lets nothing past it',
    async () => {
      const capture = await lab.capture(OUTER, PORT)
      const server = await serve()
      const client = await call()
      expect(await lossOf(lab.client, SERVER.ipv4)).toBe('0%')
      expect(await lossOf(lab.server, CLIENT.ipv4)).toBe('0%')
      await copyEachWay(lab, COPY_BYTES)
      const again = await killEachEnd(lab, { server, serve, client, call })
      expect(capture.stdout).toEqual([])
      await endCleanly(again, lab.client)
    },
    TIMEOUT,
  )

  function serve() {
    const listen = `listen = ["tcp://0.0.0.0:${PORT}"]`
    const allowed = [`${CLIENT.ipv4}/32`]
    return lab.serve(end('server.toml', [`${SERVER.ipv4}/24`], [listen], { allowed }))
  }

  function call() {
    const peer = { allowed: ['0.0.0.0/0', '::/0'], endpoints: [`tcp://${OUTER}:${PORT}`] }
    return lab.call(end('client.toml', [`${CLIENT.ipv4}/32`], ['kill-switch = true'], peer))
  }

  /** The file of an end that has the cipher of the plugin. */
  function end(
    name: string,
    address: readonly string[],
    more: readonly string[],
    peer: { allowed: readonly string[]; endpoints?: readonly string[] },
  ): string {
    return lab.file(name, [
      '[interface]',
      `plugins = ["${PLUGIN}"]`,
      'cipher = "xchacha20"',
      `key-file = "${lab.keys.sharedFile}"`,
      `address = ${JSON.stringify(address)}`,
      ...more,
      '[[peer]]',
      `allowed-ips = ${JSON.stringify(peer.allowed)}`,
      `endpoints = ${JSON.stringify(peer.endpoints ?? [])}`,
    ])
  }
})
