import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WIRE } from '../../../lab/namespaces.js'
import type { Program } from '../../../lab/program.js'
import { groupFullTunnelLab, stateOf } from '../../support/e2e/labs/full-tunnel-lab.js'
import { logOf } from '../../support/e2e/log.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const PORT = 5187
/** The network of the wire, as a home network, and what is next to it. */
const LAN = '10.9.0.0/24'
const FREE = '192.0.2.0/24'
const UP = 'TUN device is up'

/** What a host may have, how it is laid and removed, and a range of a file that meets it. */
const TAKEN: readonly (readonly [string, string, string, string, string, string])[] = [
  [
    'Docker, equal',
    'ip link add docker0 type bridge && ip link set docker0 addrgenmode none && ip address add 172.17.0.1/16 dev docker0 && ip link set docker0 up',
    'ip link delete docker0',
    '172.17.0.0/16',
    '172.17.0.0/16 is routed by 172.17.0.0/16 of docker0 already; leave it out of the allowed ranges, or remove that route',
    '',
  ],
  [
    'Docker, within',
    'ip link add docker0 type bridge && ip link set docker0 addrgenmode none && ip address add 172.17.0.1/16 dev docker0 && ip link set docker0 up',
    'ip link delete docker0',
    '172.17.3.0/24',
    '172.17.3.0/24 is routed by 172.17.0.0/16 of docker0 already; leave it out of the allowed ranges, or remove that route',
    '',
  ],
  [
    'a static route of metric 0',
    'ip route add 10.20.0.0/16 via 10.9.0.2',
    'ip route delete 10.20.0.0/16',
    '10.20.0.0/16',
    `10.20.0.0/16 is routed by 10.20.0.0/16 of ${WIRE} already; leave it out of the allowed ranges, or remove that route`,
    '',
  ],
  [
    'a static route of metric 500',
    'ip route add 10.20.0.0/16 via 10.9.0.2 metric 500',
    'ip route delete 10.20.0.0/16 metric 500',
    '10.20.0.0/16',
    `10.20.0.0/16 is routed by 10.20.0.0/16 of ${WIRE} already; leave it out of the allowed ranges, or remove that route`,
    '',
  ],
  [
    'another tunnel',
    'ip tuntap add dev vpn0 mode tun && ip address add 10.8.0.2/24 dev vpn0 && ip link set vpn0 up',
    'ip link delete vpn0',
    '10.8.0.0/24',
    '10.8.0.0/24 is routed by 10.8.0.0/24 of vpn0 already; leave it out of the allowed ranges, or remove that route',
    '',
  ],
  [
    'a table of its user',
    'ip route add 10.77.0.0/16 via 10.9.0.2 table 77',
    'ip route delete 10.77.0.0/16 table 77',
    '10.77.0.0/16',
    `10.77.0.0/16 is routed by 10.77.0.0/16 of ${WIRE} (table 77) already; leave it out of the allowed ranges, or remove that route`,
    'table = 77',
  ],
  [
    'its next hop',
    'true',
    'true',
    '10.9.0.2/32',
    `10.9.0.2/32 holds 10.9.0.2, the next hop of 0.0.0.0/0 of ${WIRE}; leave it out of the allowed ranges`,
    '',
  ],
]

describeWhere(
  ['root', '/dev/net/tun', 'program ip', 'program nft', 'program sysctl'],
  'a host that has routes',
  () => {
    const lab = groupFullTunnelLab()
    let before: string
    beforeEach(async () => {
      before = await stateOf(lab.client)
    })
    afterEach(async () => {
      expect(await stateOf(lab.client)).toBe(before)
    })

    it.each([0, 600])('keeps its network, whose route has the metric %i, and is told so', async (metric) => {
      await withHost(
        `ip address change 10.9.0.1/24 dev ${WIRE} metric ${metric}`,
        `ip address change 10.9.0.1/24 dev ${WIRE} metric 0`,
        async (had) => {
          const tunnel = lab.up(lab.client, file([LAN, '10.9.0.128/25', FREE]))
          await tunnel.line(UP)
          expect(await lab.client.run('ip', 'route', 'get', '10.9.0.200')).toContain(`dev ${WIRE}`)
          expect(await lab.client.run('ip', 'route', 'get', '192.0.2.1')).toContain('dev guest')
          expect(warnings(tunnel)).toEqual([
            `${LAN} does not go into the tunnel: ${LAN} of ${WIRE} is a network of this host`,
            `10.9.0.128/25 does not go into the tunnel: ${LAN} of ${WIRE} is a network of this host`,
          ])
          await end(tunnel)
          expect(await stateOf(lab.client)).toBe(had)
        },
      )
    })

    it('keeps its network beside an address of it, and narrower ones within a range', async () => {
      const tunnel = lab.up(lab.client, file(['10.9.0.0/16'], ['address = ["10.9.0.77/24"]']))
      await tunnel.line(UP)
      expect(await lab.client.run('ip', 'route', 'get', '10.9.0.200')).toContain(`dev ${WIRE}`)
      expect(await lab.client.run('ip', 'route', 'get', '10.9.7.1')).toContain('dev guest')
      expect(await lab.client.run('ip', 'address', 'show', 'dev', 'guest')).toContain('10.9.0.77/24')
      const said = logOf(tunnel).map(({ message }) => message)
      expect(said).toContain(`${LAN} of ${WIRE} stays as it is, the rest of 10.9.0.0/16 goes into the tunnel`)
      await end(tunnel)
    })

    it.each(TAKEN)(
      'lets no tunnel start over %s, and is as it was',
      async (_what, lay, remove, allowed, why, more) => {
        await withHost(lay, remove, async (had) => {
          const hook = join(lab.folder, 'hook')
          const path = file([allowed, FREE], [`pre-up = ["touch ${hook}"]`, more])
          const refused = lab.up(lab.client, path)
          expect(await refused.ending()).toEqual({ code: 2, signal: null })
          expect(complaintsOf(refused)).toEqual([`qanat: Cannot lead packets into the tunnel: ${why}`])
          expect(await stateOf(lab.client)).toBe(had)
          expect(await lab.client.run('sh', '-c', `ls ${hook} 2>/dev/null || echo none`)).toContain('none')
          const check = lab.check(lab.client, path)
          expect(await check.ending()).toEqual({ code: 2, signal: null })
          expect(complaintsOf(check).at(-1)).toBe(`qanat: Cannot lead packets into the tunnel: ${why}`)
          expect(await stateOf(lab.client)).toBe(had)
        })
      },
    )

    it('lets no reload take what is not the tunnel’s, and the tunnel goes on as it was', async () => {
      const tunnel = lab.up(lab.client, file([FREE]))
      await tunnel.line('peer')
      await withHost('ip route add 10.20.0.0/16 via 10.9.0.2', 'ip route delete 10.20.0.0/16', async () => {
        const running = await stateOf(lab.client)
        const reload = lab.reload(lab.client, file([FREE, '203.0.113.0/24', '10.20.0.0/16']))
        expect((await reload.ending()).code).not.toBe(0)
        expect(reload.stderr.join()).toContain(`10.20.0.0/16 is routed by 10.20.0.0/16 of ${WIRE} already`)
        expect(await stateOf(lab.client)).toBe(running)
        expect(await lab.reload(lab.client, file([FREE, '203.0.113.0/24', LAN])).ending()).toMatchObject({
          code: 0,
        })
        expect(await lab.client.run('ip', 'route', 'get', '203.0.113.9')).toContain('dev guest')
        expect(await lab.client.run('ip', 'route', 'get', '10.9.0.200')).toContain(`dev ${WIRE}`)
        expect(warnings(tunnel)).toContain(
          `${LAN} does not go into the tunnel: ${LAN} of ${WIRE} is a network of this host`,
        )
        expect(await lab.reload(lab.client, file([FREE])).ending()).toMatchObject({ code: 0 })
        expect(await stateOf(lab.client)).toBe(running)
      })
      await end(tunnel)
    })

    it('tells beforehand what it would say, for people and for programs', async () => {
      const path = file([LAN, FREE])
      const sentence = `${LAN} does not go into the tunnel: ${LAN} of ${WIRE} is a network of this host`
      const check = lab.check(lab.client, path)
      expect(await check.ending()).toEqual({ code: 0, signal: null })
      expect(check.stderr).toEqual([`qanat: ${sentence}`])
      const json = lab.check(lab.client, path, '--json')
      expect(await json.ending()).toEqual({ code: 0, signal: null })
      expect(JSON.parse(json.stdout.join('\n'))).toEqual({
        ...{ version: 1, file: path, peers: 1, certificates: [], remarks: [], proxies: [] },
        host: [
          { key: 'allowed-ips', range: LAN, table: 254, verdict: 'left-alone', sentence },
          { key: 'allowed-ips', range: FREE, table: 254, verdict: 'free' },
        ],
      })
    })

    /** The host as it is while something was laid; what removes it is run whatever happens. */
    async function withHost(
      lay: string,
      remove: string,
      work: (had: string) => Promise<void>,
    ): Promise<void> {
      await lab.client.run('sh', '-c', lay)
      try {
        await work(await stateOf(lab.client))
      } finally {
        await lab.client.run('sh', '-c', remove)
      }
    }

    function file(allowed: readonly string[], more: readonly string[] = []): string {
      const path = join(lab.folder, 'guest.toml')
      const address = more.some((line) => line.startsWith('address')) ? [] : ['address = ["10.0.0.2/32"]']
      const lines = [
        ...['[interface]', `private-key = "${lab.keys.near.privateKey}"`, ...address, ...more],
        ...[
          '[[peer]]',
          `public-key = "${lab.keys.far.publicKey}"`,
          `allowed-ips = ${JSON.stringify(allowed)}`,
        ],
        `endpoints = ["udp://198.51.100.8:${PORT}"]`,
      ]
      writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 })
      return path
    }

    async function end(tunnel: Program): Promise<void> {
      tunnel.kill('SIGTERM')
      expect(await tunnel.ending()).toEqual({ code: 0, signal: null })
    }

    /** What is no line of the log: without koffi it says what is slower. */
    function complaintsOf({ stderr }: Program): string[] {
      return stderr.filter((line) => !line.startsWith('{'))
    }

    function warnings(tunnel: Program): string[] {
      return logOf(tunnel)
        .filter(({ level, message }) => level === 'warn' && message.includes('of this host'))
        .map(({ message }) => message)
    }
  },
)
