import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { REACHED } from '../../../lab/lab.js'
import { WIRE } from '../../../lab/namespaces.js'
import type { Program } from '../../../lab/program.js'
import { DRIVERS } from '../../support/e2e/drivers.js'
import { Firewall } from '../../support/e2e/firewall.js'
import {
  CAPTURED_TUNNEL,
  CLIENT,
  FullTunnelLab,
  groupFullTunnelLab,
  NAMES,
  OUTER,
  stateOf,
  WORLD,
} from '../../support/e2e/labs/full-tunnel-lab.js'
import { Pings } from '../../support/e2e/pings.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { startSquid } from '../servers/squid.js'

/** Milliseconds for which packets are sent while there is no way for them. */
const OUTAGE = 1_500
/** Milliseconds that a carrier is cut; after 2.5 s it is given up. */
const CUT = 4_000
const PORT = 5182
const SQUID_PORT = 3128

interface Carrier {
  readonly scheme: string
  readonly killSwitch: boolean
  readonly throughSquid: boolean
}

const CARRIERS: readonly Carrier[] = [
  { scheme: 'udp', killSwitch: false, throughSquid: false },
  { scheme: 'udp', killSwitch: true, throughSquid: false },
  { scheme: 'tcp', killSwitch: false, throughSquid: false },
  { scheme: 'ws', killSwitch: false, throughSquid: false },
  { scheme: 'ws', killSwitch: true, throughSquid: false },
  { scheme: 'wss', killSwitch: true, throughSquid: true },
]

describeWhere(
  [...CAPTURED_TUNNEL, 'program squid', 'program openssl'],
  'a full tunnel for IPv4 alone',
  () => {
    let lab: FullTunnelLab
    const authority = new TestAuthority()
    beforeAll(async () => {
      lab = new FullTunnelLab()
      await lab.prepare()
    })
    afterEach(() => lab.clear())
    afterAll(() => lab.remove())

    for (const { scheme, killSwitch, throughSquid } of CARRIERS) {
      const how = `${throughSquid ? ' through squid' : ''}${killSwitch ? ' with a kill switch' : ''}`
      it(`over ${scheme}${how} lets nothing out but its carrier`, async ({ annotate }) => {
        const names = await lab.serveNames()
        const firewall = new Firewall(lab.lab)
        const certificate = authority.issue(OUTER)
        const host = throughSquid ? OUTER : NAMES.server // squid looks up names where nobody answers
        const [remote, port] = throughSquid ? [lab.server.ipv4, SQUID_PORT] : [OUTER, PORT]
        const squid = throughSquid ? await startSquid({ host: lab.server, port }) : undefined
        const file = lab.clientFile({
          endpoint: `${scheme}://${host}:${PORT}`,
          allowed: ['0.0.0.0/0'],
          more: [`kill-switch = ${killSwitch}`],
          peer: throughSquid ? [`proxy = "http://${NAMES.proxy}:${port}"`] : [],
          rest: ['[tls]', `ca-file = "${authority.caFile}"`],
        })
        const tls = ['[tls]', `cert-file = "${certificate.certFile}"`, `key-file = "${certificate.keyFile}"`]
        const serve = () => up(lab.serverFile(`${scheme}://0.0.0.0:${PORT}`, [], tls))
        const capture = await lab.capture(remote, port)

        const client = lab.up(lab.client, file)
        await client.line('TUN device is up')
        const world = [WORLD.ipv4, WORLD.ipv6].map((address) => new Pings(lab.client, address, 20))
        const [ipv4, ipv6] = world
        await sleep(OUTAGE) // nobody answers yet: connecting
        let server = await serve()
        const connected = await ipv4!.firstAfter(Date.now())

        await firewall.rules(`meta l4proto { tcp, udp } th dport ${port} drop`)
        await sleep(CUT) // longer than it takes to give a carrier up: reconnecting
        await firewall.rules()
        const reconnected = await ipv4!.firstAfter(Date.now())

        server.kill('SIGKILL')
        await server.ending()
        await sleep(OUTAGE)
        server = await serve()
        const resumed = await ipv4!.firstAfter(Date.now())
        await annotate(
          `packets pass ${connected} ms after the server's start, ${reconnected} ms after a cut, ${resumed} ms after a kill`,
        )

        // What is bound to the tunnel's address must not leave by another way when the tunnel ends.
        const bound = lab.client.start('ping', ['-i', '0.02', '-I', CLIENT.ipv4, WORLD.ipv4])
        await bound.line('bytes from', 'stdout')
        for (const pings of world) pings.stop()
        client.kill('SIGTERM')
        expect(await client.ending()).toEqual({ code: 0, signal: null })
        await sleep(OUTAGE)
        await squid?.stop()
        expect(capture.stdout).toEqual([])
        expect(ipv6!.answers).toEqual([])
        const asked = throughSquid ? NAMES.proxy : NAMES.server
        expect(names.stdout).toContain(`${asked} from ${lab.client.ipv4}`)
      })
    }

    it('leads to the world by its server, and by the underlay again when it has ended', async () => {
      await up(lab.serverFile(`udp://0.0.0.0:${PORT}`))
      const client = lab.up(lab.client, lab.clientFile(toServer(['0.0.0.0/0', '::/0'])))
      await client.line(REACHED)
      const capture = await lab.capture(OUTER, PORT)
      for (const address of [WORLD.ipv4, WORLD.ipv6])
        await lab.client.run('ping', '-c', '3', '-w', '5', address)
      expect(capture.stdout).toEqual([])
      client.kill('SIGTERM')
      await client.ending()
      for (const address of [WORLD.ipv4, WORLD.ipv6])
        await lab.client.run('ping', '-c', '1', '-w', '5', address)
      await capture.line('ICMP6', 'stdout')
    })

    for (const [driver, needs] of DRIVERS) {
      describeWhere(needs, `by the driver ${driver}`, () => {
        it('reaches a server by IPv6 behind a kill switch, with neighbours that it has to discover', async () => {
          await up(lab.serverFile(`udp://[::]:${PORT}`))
          const more = ['kill-switch = true', `tun-driver = "${driver}"`]
          const endpoint = `udp://[${lab.server.ipv6}]:${PORT}`
          const capture = await lab.capture(lab.server.ipv6, PORT)
          const client = lab.up(
            lab.client,
            lab.clientFile({ endpoint, allowed: ['0.0.0.0/0', '::/0'], more }),
          )
          await client.line('TUN device is up')
          await lab.client.run('ip', '-6', 'neighbour', 'flush', 'dev', WIRE)
          for (const address of [WORLD.ipv4, WORLD.ipv6]) {
            await lab.client.run('ping', '-c', '3', '-i', '0.2', '-w', '10', address)
          }
          client.kill('SIGTERM')
          expect(await client.ending()).toEqual({ code: 0, signal: null })
          expect(capture.stdout).toEqual([])
          expect(await lab.client.run('nft', 'list', 'ruleset')).not.toContain('qanat')
        })
      })
    }

    it('finds its server by what the system found before, where nobody answers look-ups outside the tunnel', async () => {
      const names = await lab.serveNames()
      const filter = 'add table inet t; add chain inet t o { type filter hook output priority 0; }'
      await lab.client.run('nft', `${filter}; add rule inet t o meta mark != 0 udp dport 53 drop`)
      await up(lab.serverFile(`tcp://0.0.0.0:${PORT}`))
      const endpoint = `tcp://${NAMES.server}:${PORT}`
      const client = lab.up(lab.client, lab.clientFile({ endpoint, allowed: ['0.0.0.0/0', '::/0'] }))
      await client.line(REACHED)
      expect(names.stdout).toContain(`${NAMES.server} from ${lab.client.ipv4}`)
      await lab.client.run('nft', 'delete', 'table', 'inet', 't')
    })

    async function up(file: string): Promise<Program> {
      const server = lab.up(lab.server, file)
      await server.line('listening')
      return server
    }

    const toServer = (allowed: readonly string[]) => ({
      endpoint: `udp://${OUTER}:${PORT}`,
      allowed,
    })
  },
)

describeWhere(['root', '/dev/net/tun', 'program ip', 'program nft'], 'a full tunnel without koffi', () => {
  const lab = groupFullTunnelLab()

  it.each([
    ['lead all into the tunnel', '0.0.0.0/0', []],
    ['use the kill switch', '10.0.0.0/24', ['kill-switch = true']],
    ['use the mark', '10.0.0.0/24', ['fwmark = 7']],
  ])('cannot %s, says so in one line, and changes nothing', async (what, allowed, more) => {
    const before = await stateOf(lab.client)
    const file = lab.clientFile({ endpoint: `udp://${OUTER}:${PORT}`, allowed: [allowed], more })
    const client = lab.up(lab.client, file, { QANAT_NO_NATIVE: '1' })
    expect(await client.ending()).toEqual({ code: 2, signal: null })
    expect(client.stderr).toEqual([
      expect.stringMatching(new RegExp(`^qanat: Cannot ${what}: .* which needs koffi: .*`)),
    ])
    expect(await stateOf(lab.client)).toBe(before)
  })
})
