import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Certificate, TestAuthority } from '../../lab/certificates.js'
import { INNER, type LabHost } from '../../lab/lab.js'
import type { Program } from '../../lab/program.js'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { generatePrivateKey, publicKeyOf } from '../../src/ciphers/keys/keys.js'
import { lossOf } from '../support/e2e/connect.js'
import { Identities } from '../support/e2e/identities.js'
import { copy } from '../support/e2e/labs/copy.js'
import { FullTunnelLab, SERVER as INNER_SERVER, OUTER, stateOf } from '../support/e2e/labs/full-tunnel-lab.js'
import { groupLab } from '../support/e2e/labs/group-lab.js'
import { describeWhere } from '../support/e2e/requirements.js'
import { eventually } from '../support/eventually.js'
import { OldProgram, startOn, TODAY, type Version } from './old-program.js'

const PORT = 4433
const COPY_BYTES = 4_000_000
/** Milliseconds for a test, each of which starts a handful of programs, on a machine with ten times the work it can do. */
const TIMEOUT = 180_000
const PINGS = 20
const [NEAR, FAR] = INNER.ipv4
const SCHEMES = ['udp', 'tcp', 'ws', 'wss']
const CIPHERS = ['aes-256-gcm', 'chacha20-poly1305', 'wireguard', 'xor']

const old = new OldProgram()
/** Client and server, caller and called. */
const PAIRS: readonly (readonly [Version, Version])[] = [
  [old, TODAY],
  [TODAY, old],
]

describeWhere(
  ['root', '/dev/net/tun', 'program ip', 'program ping', 'program openssl', 'program tar'],
  'a tunnel between the program of today and that of 0.1.0',
  () => {
    const lab = groupLab()
    let keys: Identities
    let authority: TestAuthority
    let certificate: Certificate
    beforeAll(() => {
      keys = new Identities()
      authority = new TestAuthority()
      certificate = authority.issue(lab.far.ipv4)
    })

    for (const [client, server] of PAIRS) {
      const ends = `a client of ${client.name} and a server of ${server.name}`
      it.each(SCHEMES)(
        `loses no ping over %s with ${ends}, and copies 4 MB each way`,
        async (scheme) => {
          await connect(client, server, scheme, 'aes-256-gcm')
          await carries()
        },
        TIMEOUT,
      )

      it.each(CIPHERS.slice(1))(
        `does so with %s, ${ends}`,
        async (cipher) => {
          await connect(client, server, 'udp', cipher)
          await carries()
        },
        TIMEOUT,
      )
    }

    async function connect(client: Version, server: Version, scheme: string, cipher: string): Promise<void> {
      const endpoint = `${scheme}://${lab.far.ipv4}:${PORT}${scheme.startsWith('ws') ? '/tunnel' : ''}`
      const tls =
        scheme === 'wss' ? ['--tls-cert', certificate.certFile, '--tls-key', certificate.keyFile] : []
      const far = startOn(lab.far, server, [
        ...addresses(FAR, NEAR),
        ...keyOptions(cipher, keys.far.file, keys.near.publicKey),
        ...['--listen', endpoint, ...tls],
      ])
      await far.line(server.listening)
      const near = startOn(lab.near, client, [
        ...addresses(NEAR, FAR),
        ...keyOptions(cipher, keys.near.file, keys.far.publicKey),
        ...['-p', endpoint, '--tls-ca', authority.caFile],
      ])
      await near.line(client.reached)
    }

    async function carries(): Promise<void> {
      expect(await lossOf(lab.near, FAR, PINGS)).toBe('0%')
      expect(await lossOf(lab.far, NEAR, PINGS)).toBe('0%')
      await copy(lab.near, lab.far, NEAR, COPY_BYTES)
      await copy(lab.far, lab.near, FAR, COPY_BYTES)
    }

    function keyOptions(cipher: string, file: string, peerKey: string): string[] {
      if (cipher === 'wireguard') return ['--private-key-file', file, '--peer-key', peerKey]
      const key = cipher === 'xor' ? ['-k', '1234ABCD'] : ['--key-file', keys.sharedFile]
      return ['--cipher', cipher, ...key]
    }
  },
)

describeWhere(
  ['root', '/dev/net/tun', 'program ip', 'program ping', 'program tar'],
  'a tunnel of a file that one of the programs runs, and the other one asks',
  () => {
    const own = { server: generatePrivateKey(), client: generatePrivateKey() }
    const serverLines = [
      '[interface]',
      `private-key = "${own.server}"`,
      'address = ["10.7.0.1/24"]',
      `listen = ["udp://[::]:${PORT}"]`,
      '[server]',
      'push-routes = ["10.7.0.0/24", "10.77.0.0/24"]',
      '[[peer]]',
      'name = "laptop"',
      `public-key = "${publicKeyOf(own.client)}"`,
      'allowed-ips = ["10.7.0.2/32"]',
    ]
    const lab = groupLab()
    let folder: string
    beforeEach(() => {
      folder = temporaryFolder()
      for (const name of ['near', 'far']) mkdirSync(join(folder, name))
      write('server.toml', serverLines)
      write('client.toml', [
        '[interface]',
        `private-key = "${own.client}"`,
        'address = ["10.7.0.2/32"]',
        '[[peer]]',
        `public-key = "${publicKeyOf(own.server)}"`,
        'allowed-ips = ["10.0.0.0/8"]',
        'accept = ["routes"]',
        `endpoints = ["udp://${lab.far.ipv4}:${PORT}"]`,
      ])
    })

    function write(name: string, lines: readonly string[]): void {
      writeFileSync(join(folder, name), `${lines.join('\n')}\n`, { mode: 0o600 })
    }

    function qanat(version: Version, host: LabHost, ...args: string[]): Program {
      const env = { ...process.env, RUNTIME_DIRECTORY: join(folder, host === lab.near ? 'near' : 'far') }
      return startOn(host, version, args, { cwd: folder, env })
    }

    for (const [asks, runs] of PAIRS) {
      it(
        `tells ${asks.name} its status where ${runs.name} runs it, reads its file again and ends`,
        async () => {
          const server = qanat(runs, lab.far, 'up', 'server.toml')
          await server.line(runs.listening)
          const client = qanat(asks, lab.near, 'up', 'client.toml')
          await client.line(asks.reached)
          await eventually(
            'what the server pushes is in force',
            () => lab.near.run('ip', 'route'),
            (routes) => routes.includes('10.77.0.0/24 dev client'),
          )
          await lab.near.run('ping', '-c', '1', '-w', '10', '10.7.0.1')
          const { tunnels } = JSON.parse(await qanat(asks, lab.far, 'status', '--json').output())
          expect(tunnels).toMatchObject([
            {
              device: 'server',
              cipher: 'wireguard',
              pid: server.pid,
              listen: [`udp://[::]:${PORT}`],
              peers: [
                {
                  name: 'laptop',
                  id: publicKeyOf(own.client),
                  allowed: ['10.7.0.2/32'],
                  received: { packets: expect.any(Number), bytes: expect.any(Number) },
                },
              ],
            },
          ])
          expect(tunnels[0].peers[0].received.packets).toBeGreaterThan(0)
          expect(await qanat(asks, lab.far, 'status', 'server').output()).toMatch(
            /^ +laptop +(?:– +– +)?(?:[\d.]+\/\d+ +)?udp:\/\//m,
          )
          write('server.toml', [...serverLines.slice(0, -1), 'allowed-ips = ["10.7.0.2/32", "10.8.0.0/24"]'])
          await qanat(asks, lab.far, 'reload', 'server.toml').output()
          expect(await lab.far.run('ip', 'route')).toContain('10.8.0.0/24 dev server')
          await qanat(asks, lab.far, 'down', 'server.toml').output()
          expect(await server.ending()).toEqual({ code: 0, signal: null })
          expect(await lab.far.tunnels()).toEqual([])
          expect(readdirSync(join(folder, 'far'))).toEqual([])
        },
        TIMEOUT,
      )
    }
  },
)

describeWhere(
  [
    ...(['root', '/dev/net/tun', 'koffi', 'program ip', 'program nft'] as const),
    ...(['program sysctl', 'program tar'] as const),
  ],
  'a host that the program of 0.1.0 changed before it was killed',
  () => {
    /** A change of every kind: rules and a firewall for the full tunnel, kernel settings, name servers, hooks. */
    const EVERYTHING = [
      'kill-switch = true',
      `dns = ["${INNER_SERVER.ipv4}", "example.org"]`,
      'nat = true',
      'pre-up = ["ip rule add priority 77 table 77"]',
      'post-down = ["ip rule delete priority 77"]',
    ]
    let lab: FullTunnelLab
    let file: string
    let before: string
    beforeAll(async () => {
      lab = new FullTunnelLab()
      await lab.prepare()
      // What the kernel would change by itself when forwarding ends.
      await lab.client.run('sysctl', '-w', 'net.ipv4.conf.all.accept_redirects=0')
    })
    beforeEach(async () => {
      const allowed = ['0.0.0.0/0', '::/0']
      file = lab.clientFile({ endpoint: `udp://${OUTER}:${PORT}`, allowed, more: EVERYTHING })
      before = await stateOf(lab.client)
      await up(old)
      await lab.clear() // kills it
      const changed = await stateOf(lab.client)
      for (const sign of [`nameserver ${INNER_SERVER.ipv4}`, 'table inet qanat-client', 'lookup 77']) {
        expect(changed).toContain(sign)
      }
      expect(readdirSync(lab.runFolder)).toHaveLength(2) // the lock and the journal
    })
    afterEach(() => lab.clear())
    afterAll(() => lab.remove())

    it('is as before after "qanat down"', async () => {
      const down = startOn(lab.client, TODAY, ['down', file], { env: lab.environment })
      expect(await down.ending()).toEqual({ code: 0, signal: null })
      expect(await stateOf(lab.client)).toBe(before)
      expect(readdirSync(lab.runFolder)).toEqual([])
    })

    it('is as before after the next start and its end', async () => {
      const next = await up(TODAY)
      next.kill('SIGTERM')
      expect(await next.ending()).toEqual({ code: 0, signal: null })
      // The kill switch outlives a tunnel that comes back after a kill, until it is ended by command or ran again.
      await startOn(lab.client, TODAY, ['down', file], { env: lab.environment }).ending()
      expect(await stateOf(lab.client)).toBe(before)
      expect(readdirSync(lab.runFolder)).toEqual([])
    })

    async function up(version: Version): Promise<Program> {
      const client = startOn(lab.client, version, ['up', file], { env: lab.environment })
      await client.line(version.deviceUp)
      return client
    }
  },
)

/** The options that give an end its address, and the other end its own. */
function addresses(own: string, peer: string): string[] {
  return ['--address', `${own}/24`, '--allowed-ips', `${peer}/32`]
}
