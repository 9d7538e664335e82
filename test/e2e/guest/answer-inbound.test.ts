import { expect, it } from 'vitest'
import { REACHED } from '../../../lab/lab.js'
import { WIRE } from '../../../lab/namespaces.js'
import { groupFullTunnelLab, OUTER, stateOf, WORLD } from '../../support/e2e/labs/full-tunnel-lab.js'
import { FILTERS, filterBy } from '../../support/e2e/packet-filters.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const PORT = 5191
const SERVICE = 8080
/** Greets whoever connects, as ssh does. */
const GREETER = `require('node:net').createServer((one) => one.end('hello')).listen(${SERVICE}, '::', () => console.log('ready'))`

describeWhere(
  [
    ...(['root', 'koffi', '/dev/net/tun', 'program ip', 'program ping', 'program nft'] as const),
    ...(['program iptables-legacy', 'program tcpdump'] as const),
  ],
  'a host with a full tunnel that others connect to',
  () => {
    const lab = groupFullTunnelLab()

    it.each(FILTERS)(
      'answers the way they came, with a kill switch only if it is to, and begins nothing there, by %s',
      async (filter) => {
        await filterBy(lab.client, filter)
        const before = await stateOf(lab.client)
        await lab.client.run('sysctl', '-w', `net.ipv4.conf.${WIRE}.rp_filter=1`)
        await lab.up(lab.server, lab.serverFile(`udp://0.0.0.0:${PORT}`)).line('listening')
        const file = (...more: readonly string[]) =>
          lab.clientFile({
            ...{ endpoint: `udp://${OUTER}:${PORT}`, allowed: ['0.0.0.0/0', '::/0'] },
            more: ['underlay-routes = "none"', ...more],
          })
        const client = lab.up(lab.client, file())
        await client.line(REACHED)
        await lab.client.start(process.execPath, ['-e', GREETER]).line('ready', 'stdout')
        const running = await stateOf(lab.client)
        for (const family of ['ipv4', 'ipv6'] as const) expect(await calls(family)).toBe(true)
        const capture = await lab.capture(OUTER, PORT)
        await lab.client.run('ping', '-c', '2', '-i', '0.1', '-w', '5', WORLD.ipv4)
        expect(capture.stdout).toEqual([])
        await reload(file('kill-switch = true'))
        expect(await calls('ipv4')).toBe(false)
        await reload(file('kill-switch = true', 'answer-inbound = true'))
        for (const family of ['ipv4', 'ipv6'] as const) expect(await calls(family)).toBe(true)
        await reload(file('answer-inbound = false'))
        expect(await calls('ipv4')).toBe(false)
        await reload(file())
        expect(await stateOf(lab.client)).toBe(running)
        client.kill('SIGTERM')
        expect(await client.ending()).toEqual({ code: 0, signal: null })
        await lab.client.run('sysctl', '-w', `net.ipv4.conf.${WIRE}.rp_filter=0`)
        expect(await stateOf(lab.client)).toBe(before)
      },
    )

    async function reload(path: string): Promise<void> {
      expect(await lab.reload(lab.client, path).ending()).toMatchObject({ code: 0 })
    }

    /** Whether somebody in the world beyond the wire is served at the client's own address, from there. */
    async function calls(family: 'ipv4' | 'ipv6'): Promise<boolean> {
      const to = { host: lab.client[family], port: SERVICE, localAddress: WORLD[family] }
      const call = `require('node:net').connect(${JSON.stringify(to)}).setTimeout(500, () => process.exit(1)).on('data', () => process.exit(0))`
      return (await lab.server.start(process.execPath, ['-e', call]).ending()).code === 0
    }
  },
)
