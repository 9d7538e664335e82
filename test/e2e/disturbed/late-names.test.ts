import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { QANAT, REACHED } from '../../../lab/lab.js'
import { generatePrivateKey, publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import { Firewall } from '../../support/e2e/firewall.js'
import {
  CLIENT,
  groupFullTunnelLab,
  NAMES,
  OUTER,
  SERVER,
  stateOf,
} from '../../support/e2e/labs/full-tunnel-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { startServiceManager } from '../../support/e2e/service-manager.js'
import { eventually } from '../../support/eventually.js'
import { startTinyproxy } from '../servers/tinyproxy.js'

const PORT = 5187
const ENDPOINT = `udp://${NAMES.server}:${PORT}`
const INSIDE = ['10.0.0.0/24']
const EVERYTHING = ['0.0.0.0/0', '::/0']
const PROXY_PORT = 8118
/** Milliseconds that the name server is away: longer than the C library takes to ask it again. */
const AWAY = 1000 * Number(process.env.QANAT_NAMES_AWAY ?? 8)
/** Milliseconds until the tunnel is up once the name server is back. */
const LIMIT = 3_000
const NO_ANSWER = 'no name server answers'

describeWhere(
  ['root', 'koffi', '/dev/net/tun', 'program ip', 'program ping', 'program nft', 'program python3'],
  'a client whose name server is late',
  () => {
    const lab = groupFullTunnelLab()
    const firewall = new Firewall(lab.lab)
    afterEach(() => firewall.rules())

    /** Nothing comes through to the name server, and nobody is told. */
    const silence = () => firewall.rules('udp dport 53 drop', 'tcp dport 53 drop')

    /** How a name server may be away; each makes it so and returns what brings it back. */
    const away = {
      refuses: async () => () => lab.serveNames(),
      fails: async () => {
        const { ipv4 } = lab.server
        const failing = lab.server.node('name-server.js', ipv4, `${NAMES.server}=SERVFAIL`)
        await failing.line('ready', 'stdout')
        return async () => {
          failing.kill('SIGKILL')
          await failing.ending()
          await lab.serveNames()
        }
      },
      'is silent': async () => {
        await silence()
        await lab.serveNames()
        return () => firewall.rules()
      },
    }

    it.each([
      ['refuses', INSIDE],
      ['fails', INSIDE],
      ['is silent', INSIDE],
      ['refuses', EVERYTHING],
      ['fails', EVERYTHING],
      ['is silent', EVERYTHING],
    ] as const)('is up within 3 s of its return, one that %s, for %s', async (how, allowed) => {
      await lab.up(lab.server, lab.serverFile(`udp://0.0.0.0:${PORT}`)).line('listening')
      const comeBack = await away[how]()
      const client = lab.up(lab.client, lab.clientFile({ endpoint: ENDPOINT, allowed }))
      await client.line(NO_ANSWER)
      await sleep(AWAY)
      await comeBack()
      const back = Date.now()
      await client.line(REACHED)
      expect(Date.now() - back).toBeLessThanOrEqual(LIMIT)
      await lab.client.run('ping', '-c', '1', '-w', '5', SERVER.ipv4)
    })

    describeWhere(['program tinyproxy'], 'and knows a proxy by name', () => {
      it('is up within 3 s of its return', async () => {
        await lab.up(lab.server, lab.serverFile(`tcp://0.0.0.0:${PORT}`)).line('listening')
        const proxy = await startTinyproxy('user', 'plain', { host: lab.server, port: PROXY_PORT })
        await silence()
        await lab.serveNames()
        const peer = [`proxy = "http://user:plain@${NAMES.proxy}:${PROXY_PORT}"`]
        const client = lab.up(
          lab.client,
          lab.clientFile({ endpoint: `tcp://${OUTER}:${PORT}`, allowed: EVERYTHING, peer }),
        )
        await client.line(`Cannot resolve ${NAMES.proxy}: ${NO_ANSWER}`)
        await firewall.rules()
        const back = Date.now()
        await client.line(REACHED)
        expect(Date.now() - back).toBeLessThanOrEqual(LIMIT)
        await lab.client.run('ping', '-c', '1', '-w', '5', SERVER.ipv4)
        await proxy.stop()
      })
    })

    it('reaches a peer at once while another one has no name yet', async () => {
      await lab.up(lab.server, lab.serverFile(`udp://0.0.0.0:${PORT}`)).line('listening')
      await silence()
      const late = [
        ...[
          '[[peer]]',
          `public-key = "${publicKeyOf(generatePrivateKey())}"`,
          'allowed-ips = ["10.1.0.0/24"]',
        ],
        `endpoints = ["${ENDPOINT}"]`,
      ]
      const endpoint = `udp://${OUTER}:${PORT}`
      const file = lab.clientFile({ endpoint, allowed: INSIDE, rest: late })
      const client = lab.up(lab.client, file)
      await client.line(REACHED)
      expect(client.stderr.join('\n')).not.toContain(NO_ANSWER)
      await lab.client.run('ping', '-c', '1', '-w', '5', SERVER.ipv4)
      await client.line(NO_ANSWER)
      await lab.client.run('ping', '-c', '1', '-w', '5', SERVER.ipv4)
    })

    it.each([
      ['no name server answers', NAMES.server, NO_ANSWER],
      ['there is no such name', 'nowhere.example.org', 'no such host'],
    ])('ends after its wait with code 1 and leaves nothing, if %s', async (_what, host, why) => {
      if (why === NO_ANSWER) await silence()
      else await lab.serveNames()
      const file = lab.clientFile({ endpoint: `udp://${host}:${PORT}`, allowed: EVERYTHING })
      const before = await stateOf(lab.client)
      const up = [QANAT, 'up', '--wait', '3', file]
      const client = lab.client.start(process.execPath, up, { env: lab.environment })
      expect(await client.ending()).toEqual({ code: 1, signal: null })
      const said = `Cannot reach a peer within 3 s: Cannot resolve ${host}: ${why}`
      expect(client.stderr.at(-1)).toContain(said)
      expect(await lab.client.tunnels()).toEqual([])
      expect(await stateOf(lab.client)).toBe(before)
    })

    it('takes its kill switch along when its start fails, but not one that stood before', async () => {
      await silence()
      const allowed = EVERYTHING
      const file = lab.clientFile({ endpoint: ENDPOINT, allowed, more: ['kill-switch = true'] })
      const rules = () => lab.client.run('nft', 'list', 'ruleset')
      const upFor = async (seconds: string) => {
        const up = [QANAT, 'up', '--wait', seconds, file]
        const client = lab.client.start(process.execPath, up, { env: lab.environment })
        return (await client.ending()).code
      }
      const open = await rules()
      expect(await upFor('4')).toBe(1)
      expect(await rules()).toBe(open)

      const killed = lab.up(lab.client, file)
      await killed.line(NO_ANSWER)
      killed.kill('SIGKILL')
      await killed.ending()
      await eventually('its guard is done, and only the kill switch stands', async () => {
        const tunnels = await lab.client.tunnels()
        return tunnels.length === 0 && (await rules()) !== open
      })
      expect(await upFor('4')).toBe(1)
      expect(await rules()).not.toBe(open)
      await lab.down(lab.client, file).output()
      expect(await rules()).toBe(open)
    })

    it('is ready for systemd meanwhile, and says what it waits for', async () => {
      await lab.up(lab.server, lab.serverFile(`udp://0.0.0.0:${PORT}`)).line('listening')
      await silence()
      await lab.serveNames()
      const notified = join(lab.folder, 'notify')
      const manager = await startServiceManager(notified)
      const file = lab.clientFile({ endpoint: ENDPOINT, allowed: INSIDE })
      const client = lab.up(lab.client, file, { NOTIFY_SOCKET: notified })
      await manager.line('READY=1', 'stdout')
      const address = await lab.client.run('ip', '-brief', 'address', 'show', 'dev', 'client')
      expect(address).toContain(CLIENT.ipv4)
      await manager.line(
        `STATUS=waiting for ${ENDPOINT} (Cannot resolve ${NAMES.server}: ${NO_ANSWER})`,
        'stdout',
      )
      await firewall.rules()
      await eventually('it runs', () => manager.stdout.at(-1), 'STATUS=running')
      client.kill('SIGTERM')
      await manager.line('STOPPING=1', 'stdout')
      expect(await client.ending()).toEqual({ code: 0, signal: null })
    })
  },
)
