import { join } from 'node:path'
import { expect, it } from 'vitest'
import { REACHED } from '../../../lab/lab.js'
import { lossOf } from '../../support/e2e/connect.js'
import { copy } from '../../support/e2e/copy.js'
import { endCleanly, killEachEnd } from '../../support/e2e/kill-each-end.js'
import {
  CAPTURED_TUNNEL,
  CLIENT,
  groupFullTunnelLab,
  OUTER,
  SERVER,
  WORLD,
} from '../../support/e2e/labs/full-tunnel-lab.js'
import { Pings } from '../../support/e2e/pings.js'
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
      await copy(lab.server, lab.client, SERVER.ipv4, COPY_BYTES)
      await copy(lab.client, lab.server, CLIENT.ipv4, COPY_BYTES)

      const world = new Pings(lab.client, WORLD.ipv4)
      const again = await killEachEnd(world, { server, serve, client, call })
      await world.stop()

      expect(capture.stdout).toEqual([])
      await endCleanly(again, lab.client)
    },
    TIMEOUT,
  )

  async function serve() {
    const server = lab.up(
      lab.server,
      end('server.toml', [`${SERVER.ipv4}/24`], [`listen = ["tcp://0.0.0.0:${PORT}"]`], {
        allowed: [`${CLIENT.ipv4}/32`],
      }),
    )
    await server.line('listening')
    return server
  }

  async function call() {
    const client = lab.up(lab.client, clientFile())
    await client.line(REACHED)
    return client
  }

  function clientFile(): string {
    return end('client.toml', [`${CLIENT.ipv4}/32`], ['kill-switch = true'], {
      allowed: ['0.0.0.0/0', '::/0'],
      endpoints: [`tcp://${OUTER}:${PORT}`],
    })
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
