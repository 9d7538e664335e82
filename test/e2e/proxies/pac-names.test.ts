import { expect, it } from 'vitest'
import { REACHED } from '../../../lab/lab.js'
import { groupFullTunnelLab, NAMES, OUTER, SERVER } from '../../support/e2e/labs/full-tunnel-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const PORT = 5187
const ASKED = 'way-out.example.org'
const ADDRESS = '192.0.2.55'
/** Bytes of a UDP datagram with a question about that name: two headers, the name, type and class. RFC 1035 section 4.1 */
const LENGTH = 8 + 12 + ASKED.length + 2 + 4
/** Counts questions of that length, before any filter, by whether they bear a mark. */
const COUNTERS = `table inet asked {
  counter marked { }
  counter plain { }
  chain begins { type filter hook output priority -400; udp dport 53 udp length ${LENGTH} jump by_mark; }
  chain by_mark { meta mark 0 counter name plain return; counter name marked; }
}`

describeWhere(
  ['root', 'koffi', '/dev/net/tun', 'program ip', 'program ping', 'program nft'],
  'a PAC file of a full tunnel with a kill switch',
  () => {
    const lab = groupFullTunnelLab()

    it('has names looked up by marked questions beside the tunnel, and those of other programs stay in', async () => {
      await lab.client.run('nft', COUNTERS)
      const known = [`${NAMES.server}=${OUTER}`, `${ASKED}=${ADDRESS}`]
      const names = lab.server.node('name-server.js', lab.server.ipv4, ...known)
      await names.line('ready', 'stdout')
      await lab.serve(lab.serverFile(`tcp://0.0.0.0:${PORT}`))
      lab.file('proxy.pac', [
        'function FindProxyForURL(url, host) {',
        `  return dnsResolve('${ASKED}') === '${ADDRESS}' ? 'DIRECT' : 'PROXY 127.0.0.1:9'`,
        '}',
      ])
      const file = lab.clientFile({
        endpoint: `tcp://${NAMES.server}:${PORT}`,
        allowed: ['0.0.0.0/0', '::/0'],
        more: ['kill-switch = true'],
        peer: ['proxy = "pac+file:proxy.pac"'],
      })
      const client = lab.up(lab.client, file)
      await client.line(REACHED)
      expect(names.stdout).toContain(`${ASKED} from ${lab.client.ipv4}`)
      const asked = await counts()
      expect(asked.marked).toBeGreaterThan(0)
      expect(asked.plain).toBe(0)

      const before = names.stdout.length
      await lab.client.run('timeout', '1', 'getent', 'ahostsv4', ASKED).catch(() => {})
      expect((await counts()).plain).toBeGreaterThan(0)
      expect(names.stdout.length).toBe(before)
      expect(await lab.client.run('ping', '-c1', '-W5', SERVER.ipv4)).toContain('1 received')
    })

    async function counts(): Promise<{ marked: number; plain: number }> {
      const listed = JSON.parse(await lab.client.run('nft', '-j', 'list', 'counters')) as Listed
      const named = listed.nftables.flatMap(({ counter }) => (counter === undefined ? [] : [counter]))
      const of = (name: string) => named.find((counter) => counter.name === name)!.packets
      return { marked: of('marked'), plain: of('plain') }
    }
  },
)

interface Listed {
  readonly nftables: readonly { readonly counter?: { readonly name: string; readonly packets: number } }[]
}
