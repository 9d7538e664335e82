import { readdirSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { REACHED } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { CLIENT, FullTunnelLab, SERVER, stateOf } from '../../support/e2e/labs/full-tunnel-lab.js'
import { errorsOf, logOf } from '../../support/e2e/log.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'

const PORTS = { tcp: 5184, ws: 5185, wss: 5186 } as const
const SCHEMES = ['tcp', 'ws', 'wss'] as const
/** Descriptors that the server may have at its start: Node opens a file for each module that it loads. */
const LIMIT_AT_START = 1_000
/** Those that it may have then, of which it has some forty itself. */
const LIMIT = 60
/** Strangers at each port, before more of them come one by one. */
const STRANGERS = 20
/** Milliseconds in which the server has to be gone and its host as before. */
const END = 10_000

describeWhere(
  [
    'root',
    '/dev/net/tun',
    'program ip',
    'program ping',
    'program nft',
    'program openssl',
    'program sysctl',
    'program prlimit',
  ],
  `a server with ${LIMIT} descriptors, all of which strangers want`,
  () => {
    const lab = new FullTunnelLab()
    let before: string
    let authority: TestAuthority
    beforeAll(async () => {
      await lab.prepare()
      authority = new TestAuthority()
      before = await stateOf(lab.server)
    })
    afterEach(() => lab.clear())
    afterAll(() => lab.remove())

    for (const scheme of SCHEMES) {
      it(`lives, serves others over ${scheme}, and restores its host within 10 s of SIGTERM`, async () => {
        const server = await besieged()
        const client = lab.up(lab.client, clientFile(scheme))
        await client.line(REACHED)
        await lab.client.run('ping', '-c', '3', '-i', '0.2', '-w', '5', SERVER.ipv4)
        expect(shortages(server)).toHaveLength(1)
        const begun = performance.now()
        server.kill('SIGTERM')
        expect(await server.ending(END)).toEqual({ code: 0, signal: null })
        expect(performance.now() - begun).toBeLessThan(END)
        expect(await stateOf(lab.server)).toBe(before)
        expect(errorsOf(server)).toEqual([])
        expect(logOf(server)).not.toContainEqual(expect.objectContaining({ message: 'cannot close a part' }))
      })
    }

    /** A server on whose ports strangers sit, and more keep coming. */
    async function besieged(): Promise<Program> {
      const limited = `ulimit -n ${LIMIT_AT_START}; exec ${lab.commandUp(serverFile())}`
      const server = lab.server.start('sh', ['-c', limited], { env: lab.environment })
      await server.line('listening')
      await eventually(
        'it listens everywhere',
        () => logOf(server).filter(isListening).length,
        SCHEMES.length,
      )
      expect(logOf(server)).toContainEqual(
        expect.objectContaining({ message: expect.stringContaining('RLIMIT_NOFILE'), limit: LIMIT_AT_START }),
      )
      await lab.server.run('prlimit', '--pid', String(server.pid), `--nofile=${LIMIT}`)
      const urls = SCHEMES.map((each) => `${each}://127.0.0.1:${PORTS[each]}/tunnel`)
      const strangers = lab.server.node('crowds/strangers.mjs', String(STRANGERS), ...urls)
      await strangers.line('there', 'stdout')
      expect(readdirSync(`/proc/${server.pid}/fd`).length).toBeGreaterThan(LIMIT - 16)
      return server
    }

    function serverFile(): string {
      const { certFile, keyFile } = authority.issue(lab.server.ipv4)
      const listen = SCHEMES.map((scheme) => `${scheme}://0.0.0.0:${PORTS[scheme]}/tunnel`)
      return lab.file('server.toml', [
        '[interface]',
        `private-key = "${lab.keys.far.privateKey}"`,
        `address = ["${SERVER.ipv4}/24"]`,
        `listen = ${JSON.stringify(listen.map((url) => url.replace(/^(tcp:.*)\/tunnel$/, '$1')))}`,
        'nat = true',
        'post-down = ["true"]',
        '[[peer]]',
        `public-key = "${lab.keys.near.publicKey}"`,
        `allowed-ips = ["${CLIENT.ipv4}/32"]`,
        '[tls]',
        `cert-file = "${certFile}"`,
        `key-file = "${keyFile}"`,
      ])
    }

    function clientFile(scheme: (typeof SCHEMES)[number]): string {
      const path = scheme === 'tcp' ? '' : '/tunnel'
      return lab.clientFile({
        endpoint: `${scheme}://${lab.server.ipv4}:${PORTS[scheme]}${path}`,
        allowed: ['10.0.0.0/24'],
        rest: ['[tls]', `ca-file = "${authority.caFile}"`],
      })
    }
  },
)

function isListening({ message }: { readonly message: string }): boolean {
  return message === 'listening'
}

/** What the server told of descriptors that run short while it ran. */
function shortages(server: Program): unknown[] {
  return logOf(server).filter(({ message }) => message.startsWith('descriptors run short'))
}
