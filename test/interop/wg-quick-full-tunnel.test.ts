import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { REACHED } from '../../lab/lab.js'
import { CLIENT, FullTunnelLab, OUTER, SERVER, stateOf, WORLD } from '../support/e2e/labs/full-tunnel-lab.js'
import { describeWhere } from '../support/e2e/requirements.js'
import { NEEDS } from './wireguard-tunnel.js'

const PORT = 51_820

describeWhere(
  [...NEEDS, 'koffi', 'program wg-quick', 'program nft', 'program tcpdump', 'program sysctl'],
  'a wg-quick file that leads everything into the tunnel, with name servers and hooks, unchanged,',
  () => {
    let lab: FullTunnelLab
    /** Ends what a test leaves behind. */
    let down: (() => Promise<unknown>) | undefined
    beforeAll(async () => {
      lab = new FullTunnelLab()
      await lab.prepare()
    })
    afterEach(async () => {
      await down?.()
      await lab.clear()
    })
    afterAll(() => lab.remove())

    it("takes Qanat to wireguard-go's server and back, as it takes wg-quick there", async () => {
      const { keys } = lab
      // Interfaces are named after their files, and all namespaces together have a socket of each name once.
      const name = randomBytes(4).toString('hex')
      const server = lab.file(`s${name}.conf`, [
        '[Interface]',
        `Address = ${SERVER.ipv4}/24, ${SERVER.ipv6}/64`,
        `ListenPort = ${PORT}`,
        `PrivateKey = ${keys.far.privateKey}`,
        '[Peer]',
        `PublicKey = ${keys.near.publicKey}`,
        `AllowedIPs = ${CLIENT.ipv4}/32, ${CLIENT.ipv6}/128`,
      ])
      const trace = join(lab.folder, 'trace')
      const client = lab.file(`c${name}.conf`, [
        '[Interface]',
        `Address = ${CLIENT.ipv4}/32, ${CLIENT.ipv6}/128`,
        `PrivateKey = ${keys.near.privateKey}`,
        `DNS = ${SERVER.ipv4}, example.org`,
        `PreUp = ip -o link show %i > ${trace}; ip -o address show dev %i >> ${trace}`,
        `PostUp = ip route get ${WORLD.ipv4} >> ${trace}`,
        `PostUp = cat /etc/resolv.conf >> ${trace}`,
        `PreDown = if [[ -e /sys/class/net/%i ]]; then echo "%i is there" >> ${trace}; fi`,
        `PostDown = ip route get ${WORLD.ipv4} >> ${trace}`,
        '[Peer]',
        `PublicKey = ${keys.far.publicKey}`,
        'AllowedIPs = 0.0.0.0/0, ::/0',
        `Endpoint = ${OUTER}:${PORT}`,
      ])
      const env = { ...process.env, WG_QUICK_USERSPACE_IMPLEMENTATION: 'wireguard-go' }
      const before = await stateOf(lab.client)
      const wgQuick = (command: string) => lab.server.start('wg-quick', [command, server], { env }).output()
      await wgQuick('up')
      down = () => wgQuick('down')
      const capture = await lab.capture(OUTER, PORT)

      const qanat = lab.up(lab.client, client)
      await qanat.line(REACHED)
      for (const address of [SERVER.ipv4, SERVER.ipv6, WORLD.ipv4, WORLD.ipv6]) {
        await lab.client.run('ping', '-c', '3', '-i', '0.2', '-w', '10', address)
      }
      qanat.kill('SIGTERM')
      expect(await qanat.ending()).toEqual({ code: 0, signal: null })

      expect(capture.stdout).toEqual([])
      expect(await stateOf(lab.client)).toBe(before)
      const lines = readFileSync(trace, 'utf8')
        .split('\n')
        .map((line) => line.trim())
      expect(lines.filter((line) => line !== '' && line !== 'cache')).toEqual([
        expect.stringMatching(`c${name}: .* state DOWN`),
        expect.stringMatching(`^${WORLD.ipv4} dev c${name} table ${PORT} src ${CLIENT.ipv4} `),
        expect.stringMatching('^# Written by Qanat'),
        'search example.org',
        `nameserver ${SERVER.ipv4}`,
        `c${name} is there`,
        expect.stringMatching(`^${WORLD.ipv4} via ${lab.server.ipv4} dev wire `),
      ])
    })
  },
)
