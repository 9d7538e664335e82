import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type LabHost, QANAT } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { WIREGUARD_GO, WireGuardGo } from '../../../lab/wireguard-go.js'
import { generatePrivateKey, publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import { StarLab } from '../../support/e2e/labs/star-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'
import { startTinyproxy } from '../servers/tinyproxy.js'

const PROXY_PORT = 3128
/** A host in the office's network, behind its client. */
const PRINTER = '192.168.77.1'
const SERVER = '10.20.0.1'

describeWhere(
  [
    'root',
    '/dev/net/tun',
    `program ${WIREGUARD_GO}`,
    'program wg',
    'program wg-quick',
    'program tinyproxy',
    'program nft',
  ],
  'a network that is made by commands alone',
  () => {
    let lab: StarLab
    let folder: string
    beforeAll(() => {
      lab = new StarLab(3)
      folder = temporaryFolder()
    })
    afterAll(async () => {
      await lab.clear()
      lab.remove()
    })

    /** Types a command on a host. */
    const types = (host: LabHost, words: string): Program =>
      host.start(process.execPath, [QANAT, ...words.split(' ')], {
        cwd: folder,
        env: { ...process.env, RUNTIME_DIRECTORY: join(folder, host.ipv4) },
      })
    const pings = async (host: LabHost, address: string) =>
      (await host.start('ping', ['-c', '1', '-W', '1', address]).ending()).code === 0
    const answers = (host: LabHost, address: string) =>
      eventually(`${address} answers`, () => pings(host, address), true)
    const isSilent = (host: LabHost, address: string) =>
      eventually(`${address} is silent`, () => pings(host, address), false)

    /** Scans the code: WireGuard's own program takes the file as it is. */
    async function scan(host: LabHost, file: string): Promise<WireGuardGo> {
      const path = join(folder, file)
      const [, address] = /^Address = (.*)$/m.exec(readFileSync(path, 'utf8'))!
      const other = publicKeyOf(generatePrivateKey())
      const phone = await WireGuardGo.start(host, {
        ...{ privateKey: generatePrivateKey(), listenPort: 51820, addresses: [address!] },
        ...{ peerKey: other, allowedIps: ['192.0.2.0/24'] },
      })
      const stripped = join(folder, `${phone.name}.conf`)
      writeFileSync(stripped, await host.run('wg-quick', 'strip', path), { mode: 0o600 })
      await host.run('wg', 'setconf', phone.name, stripped)
      await host.run('ip', 'route', 'add', '10.20.0.0/24', 'dev', phone.name)
      return phone
    }

    it('has a server, a phone, an office and a laptop behind a proxy after seven commands, and lets one go by one each', async () => {
      const { middle: server } = lab
      const [phone, laptop, office] = lab.others as [LabHost, LabHost, LabHost]
      await startTinyproxy('anna', 'secret', { host: server, port: PROXY_PORT })
      // The laptop reaches nothing but the proxy.
      await server.run(
        'nft',
        `table inet cage { chain in { type filter hook input priority 0; iifname wire1 tcp dport != ${PROXY_PORT} drop; iifname wire1 udp dport 51820 drop; }; }`,
      )
      await office.run('ip', 'address', 'add', `${PRINTER}/32`, 'dev', 'lo')

      const init = `init --host ${server.ipv4} --only-443 --network 10.20.0.0/24 --client admin`
      await types(server, init).output()
      const running = types(server, 'up server.toml')
      await running.line('listening')
      await types(server, 'add-client phone --config server.toml -o phone.conf').output()
      await types(
        server,
        'add-client office --config server.toml --lan 192.168.77.0/24 -o office.toml',
      ).output()
      const proxy = `http://anna:secret@${server.ipv4}:${PROXY_PORT}`
      await types(server, `add-client laptop --config server.toml --proxy ${proxy} -o laptop.toml`).output()
      types(office, 'up office.toml')
      const first = types(laptop, 'up laptop.toml')
      const scanned = await scan(phone, 'phone.conf')
      await answers(phone, SERVER)
      await answers(laptop, SERVER)
      await answers(laptop, PRINTER)
      expect(await types(laptop, 'status laptop').output()).toContain(`wss://${server.ipv4}`)

      await types(server, 'remove-client phone --config server.toml').output()
      await isSilent(phone, SERVER)
      await scanned.kill()

      await types(server, 'enable-client laptop --config server.toml --expires 2099-01-31').output()
      expect(await pings(laptop, SERVER)).toBe(true)

      await types(
        server,
        `rotate-client laptop --config server.toml --proxy ${proxy} -o laptop2.toml`,
      ).output()
      await isSilent(laptop, SERVER)
      first.kill('SIGTERM')
      await first.ending()
      types(laptop, 'up laptop2.toml')
      await answers(laptop, PRINTER)
      expect(running.stderr.join('\n')).not.toContain('secret')
    })
  },
)
