import { join } from 'node:path'
import { expect, it } from 'vitest'
import { REACHED } from '../../../lab/lab.js'
import { lossOf } from '../../support/e2e/connect.js'
import { copy } from '../../support/e2e/copy.js'
import { CLIENT, groupFullTunnelLab, OUTER, SERVER, WORLD } from '../../support/e2e/labs/full-tunnel-lab.js'
import { Pings } from '../../support/e2e/pings.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const PLUGIN = join(import.meta.dirname, '../../../plugins/cipher-xchacha20/index.js')
const PORT = 5194
const COPY_BYTES = 20_000_000
/** Milliseconds for all of it, on a busy machine. */
const TIMEOUT = 120_000

describeWhere(
  ['root', 'koffi', '/dev/net/tun', 'program ip', 'program ping', 'program nft', 'program tcpdump'],
  'a full tunnel sealed by the plugin cipher-xchacha20',
  () => {
    const lab = groupFullTunnelLab()

    it(
      'loses no ping, copies 20 MB each way, comes back after kill -9 of either end, and lets nothing past it',
      async () => {
        const capture = await lab.capture(OUTER, PORT)
        let server = await serve()
        let client = lab.up(lab.client, clientFile())
        await client.line(REACHED)
        expect(await lossOf(lab.client, SERVER.ipv4)).toBe('0%')
        expect(await lossOf(lab.server, CLIENT.ipv4)).toBe('0%')
        await copy(lab.server, lab.client, SERVER.ipv4, COPY_BYTES)
        await copy(lab.client, lab.server, CLIENT.ipv4, COPY_BYTES)

        const world = new Pings(lab.client, WORLD.ipv4)
        await world.firstAfter(Date.now())
        server.kill('SIGKILL')
        await server.ending()
        server = await serve()
        await world.firstAfter(Date.now())
        client.kill('SIGKILL')
        await client.ending()
        client = lab.up(lab.client, clientFile())
        await client.line(REACHED)
        await world.firstAfter(Date.now())
        await world.stop()

        expect(capture.stdout).toEqual([])
        client.kill('SIGTERM')
        expect(await client.ending()).toEqual({ code: 0, signal: null })
        expect(await lab.client.run('nft', 'list', 'ruleset')).not.toContain('qanat')
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
  },
)
