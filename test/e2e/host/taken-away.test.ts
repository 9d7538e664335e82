import { expect, it } from 'vitest'
import { REACHED } from '../../../lab/lab.js'
import { WIRE } from '../../../lab/namespaces.js'
import type { Program } from '../../../lab/program.js'
import {
  CAPTURED_TUNNEL,
  groupFullTunnelLab,
  OUTER,
  stateOf,
  WORLD,
} from '../../support/e2e/labs/full-tunnel-lab.js'
import { Pings } from '../../support/e2e/pings.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'

const PORT = 5184
const DEVICE = 'full'
/** What others do to a tunnel's network, each in one command, and what the log then says was missing. */
const ATTACKS: readonly (readonly [string, string, string])[] = [
  ['sets the link down and up', `ip link set ${DEVICE} down; ip link set ${DEVICE} up`, 'default route'],
  ['flushes its addresses', `ip address flush dev ${DEVICE}`, 'addresses'],
  ['flushes the table of a full tunnel', 'ip route flush table 51820', 'default of table'],
  [
    'flushes the rules of IPv4',
    'ip rule flush; ip rule add priority 32766 lookup main; ip rule add priority 32767 lookup default',
    'routing rule',
  ],
  ['flushes the packet filter', 'nft flush ruleset', 'table inet'],
]

describeWhere(CAPTURED_TUNNEL, 'a full tunnel of which somebody', () => {
  const lab = groupFullTunnelLab()

  it.each(ATTACKS)('%s has all of it back within a second, as it was', async (_what, attack, missing) => {
    const { client, capture } = await start(['kill-switch = true'])
    const before = await kept()
    const pings = new Pings(lab.client, WORLD.ipv4)
    await pings.firstAfter(Date.now())
    const attacked = Date.now()
    await lab.client.run('sh', '-c', attack)
    await client.line('restored what was removed')
    expect(await pings.firstAfter(attacked)).toBeLessThan(1_000)
    await eventually('all is as before', async () => (await kept()).join() === before.join()).catch(() => {})
    expect(await kept()).toEqual(before)
    expect(client.stderr.join('\n')).toContain(missing)
    pings.stop()
    await stop(client)
    expect(capture.stdout).toEqual([])
  })

  it('sets the link down leaves nothing in the clear while it is down, without a kill switch', async () => {
    const { client, capture } = await start()
    const pings = [WORLD.ipv4, WORLD.ipv6].map((address) => new Pings(lab.client, address))
    for (const one of pings) await one.firstAfter(Date.now())
    await lab.client.run('ip', 'link', 'set', DEVICE, 'down')
    for (const address of [WORLD.ipv4, WORLD.ipv6]) {
      const ping = lab.client.start('ping', ['-c', '5', '-i', '0.1', '-w', '3', address])
      expect((await ping.ending()).code).not.toBe(0)
    }
    await lab.client.run('ip', 'link', 'set', DEVICE, 'up')
    const up = Date.now()
    for (const one of pings) expect(await one.firstAfter(up)).toBeLessThan(1_000)
    for (const one of pings) one.stop()
    await stop(client)
    expect(capture.stdout).toEqual([])
  })

  it('adds routes by DHCP, or a redirect, has them past nobody, while those of its administrator pass', async () => {
    const { client, capture } = await start()
    const via = ['via', lab.server.ipv4, 'dev', WIRE]
    await lab.client.run('ip', 'route', 'add', '192.0.2.0/24', ...via, 'proto', 'dhcp')
    await lab.client.run('ip', 'route', 'add', '203.0.113.0/24', ...via, 'proto', 'static')
    const table = () => lab.client.run('ip', 'route', 'show', 'table', '51820')
    expect(
      await eventually('the static route passes', table, (text) => text.includes('203.0.113.0/24')),
    ).not.toContain('192.0.2.0/24')
    expect(await lab.client.run('ip', 'route', 'get', '192.0.2.1')).toContain(`dev ${DEVICE}`)
    expect(await lab.client.run('ip', 'route', 'get', '203.0.113.1')).toContain(`dev ${WIRE}`)
    for (const network of ['192.0.2.0/24', '203.0.113.0/24'])
      await lab.client.run('ip', 'route', 'delete', network)
    await eventually('the copy goes, too', table, (text) => !text.includes('203.0.113.0/24'))
    await stop(client)
    expect(capture.stdout).toEqual([])
  })

  it('keeps removing the rule says so, and by whom', async () => {
    const { client } = await start(['kill-switch = true'])
    const rule = "$(ip rule show | sed -n 's/^\\([0-9]*\\):.*fwmark.*/\\1/p')"
    const remover = lab.client.start('sh', [
      '-c',
      `while :; do ip rule delete priority ${rule} 2>/dev/null; done`,
    ])
    await client.line('keeps removing it')
    remover.kill('SIGKILL')
    await remover.ending()
    await stop(client)
  })

  it('shares the mark, which is the number of a table of the kernel, lives beside another one and both leave nothing', async () => {
    const before = await stateOf(lab.client)
    const { client } = await start(['fwmark = 254'])
    const other = lab.up(
      lab.client,
      lab.file('other.toml', [
        '[interface]',
        `private-key = "${lab.keys.near.privateKey}"`,
        'address = ["10.77.0.2/32"]',
        'fwmark = 254',
        '[[peer]]',
        `public-key = "${lab.keys.far.publicKey}"`,
        'allowed-ips = ["0.0.0.0/0"]',
        `endpoints = ["udp://${OUTER}:9"]`,
      ]),
    )
    await other.line('TUN device is up')
    expect(await lab.client.run('ip', 'rule')).toMatch(/fwmark 0xfe lookup 51820 .*\n/)
    expect(await lab.client.run('ip', 'rule')).toMatch(/fwmark 0xfe lookup 51821 .*\n/)
    await stop(other)
    await lab.client.run('ping', '-c', '1', '-w', '5', WORLD.ipv4)
    await stop(client)
    expect(await stateOf(lab.client)).toBe(before)
  })

  /** In no order, and without link-local addresses, which the kernel makes anew. */
  async function kept(): Promise<string[]> {
    const state = await stateOf(lab.client)
    return state
      .split('\n')
      .filter((line) => !/fe80:|valid_lft|^# /.test(line))
      .map((line) => line.trim())
      .sort()
  }

  async function start(more: readonly string[] = []): Promise<{ client: Program; capture: Program }> {
    const server = lab.up(lab.server, lab.serverFile(`udp://0.0.0.0:${PORT}`))
    await server.line('listening')
    const capture = await lab.capture(OUTER, PORT)
    const file = lab.clientFile({
      endpoint: `udp://${OUTER}:${PORT}`,
      allowed: ['0.0.0.0/0', '::/0'],
      more: [`name = "${DEVICE}"`, ...more],
    })
    const client = lab.up(lab.client, file)
    await client.line(REACHED)
    return { client, capture }
  }

  async function stop(program: Program): Promise<void> {
    program.kill('SIGTERM')
    expect(await program.ending()).toEqual({ code: 0, signal: null })
  }
})
