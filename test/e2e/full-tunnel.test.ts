import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { CLIENT, FullTunnelLab, SERVER_NAME, WORLD } from './full-tunnel-lab.js'
import { REACHED } from './lab.js'
import { Pings } from './pings.js'
import type { Program } from './program.js'
import { describeWhere } from './requirements.js'

/** Milliseconds for which packets are sent while there is no way for them. */
const OUTAGE = 1_500
const PORT = 5182

describeWhere(
  ['root', '/dev/net/tun', 'program ip', 'program ping', 'program nft', 'program tcpdump'],
  'a full tunnel for IPv4 alone',
  () => {
    let lab: FullTunnelLab
    beforeAll(async () => {
      lab = new FullTunnelLab()
      await lab.prepare()
    })
    afterEach(() => lab.clear())
    afterAll(() => lab.remove())

    for (const scheme of ['udp', 'tcp', 'ws']) {
      for (const killSwitch of [false, true]) {
        it(`over ${scheme}${killSwitch ? ' with a kill switch' : ''} lets nothing out but its carrier`, async ({
          annotate,
        }) => {
          const listen = `${scheme}://0.0.0.0:${PORT}`
          const names = await lab.serveNames()
          const file = lab.clientFile({
            endpoint: `${scheme}://${SERVER_NAME}:${PORT}`,
            allowed: ['0.0.0.0/0'],
            more: killSwitch ? ['kill-switch = true'] : [],
          })
          const capture = await lab.capture(PORT)

          const client = lab.up(lab.client, file)
          await client.line('TUN device is up')
          const world = [WORLD.ipv4, WORLD.ipv6].map((address) => new Pings(lab.client, address, 20))
          const [ipv4, ipv6] = world
          await sleep(OUTAGE) // nobody answers yet: connecting
          let server = await serve(listen)
          const connected = await ipv4!.firstAfter(Date.now())

          server.kill('SIGKILL')
          await server.ending()
          await sleep(OUTAGE)
          server = await serve(listen)
          const resumed = await ipv4!.firstAfter(Date.now())
          await annotate(
            `packets pass ${connected} ms after the server's start, ${resumed} ms after its next`,
          )

          // What is bound to the tunnel's address must not leave by another way when the tunnel ends.
          const bound = lab.client.start('ping', ['-i', '0.02', '-I', CLIENT.ipv4, WORLD.ipv4])
          await bound.line('bytes from', 'stdout')
          for (const pings of world) pings.stop()
          client.kill('SIGTERM')
          expect(await client.ending()).toEqual({ code: 0, signal: null })
          await sleep(OUTAGE)
          expect(sentOf(capture)).toEqual([])
          expect(ipv6!.answers).toEqual([])
          expect(names.stdout).toContain(`${SERVER_NAME} from ${lab.client.ipv4}`)
        })
      }
    }

    it('leads to the world by its server, and by the underlay again when it has ended', async () => {
      await serve(`udp://0.0.0.0:${PORT}`)
      const client = lab.up(lab.client, lab.clientFile(toServer(['0.0.0.0/0', '::/0'])))
      await client.line(REACHED)
      const capture = await lab.capture(PORT)
      for (const address of [WORLD.ipv4, WORLD.ipv6])
        await lab.client.run('ping', '-c', '3', '-w', '5', address)
      expect(sentOf(capture)).toEqual([])
      client.kill('SIGTERM')
      await client.ending()
      for (const address of [WORLD.ipv4, WORLD.ipv6])
        await lab.client.run('ping', '-c', '1', '-w', '5', address)
      await capture.line('ICMP6', 'stdout')
    })

    it('is refused where its packets cannot be marked, in one line, and changes nothing', async () => {
      const client = lab.up(lab.client, lab.clientFile(toServer(['0.0.0.0/0'])), { QANAT_NO_NATIVE: '1' })
      expect(await client.ending()).toEqual({ code: 2, signal: null })
      expect(client.stderr).toEqual([
        expect.stringMatching(/^qanat: Cannot lead all into the tunnel: .* which needs koffi: .*/),
      ])
    })

    async function serve(listen: string): Promise<Program> {
      const server = lab.up(lab.server, lab.serverFile(listen))
      await server.line('listening')
      return server
    }

    const toServer = (allowed: readonly string[]) => ({
      endpoint: `udp://${lab.server.ipv4}:${PORT}`,
      allowed,
    })
  },
)

/** The packets of a capture. */
function sentOf(capture: Program): readonly string[] {
  return capture.stdout
}
