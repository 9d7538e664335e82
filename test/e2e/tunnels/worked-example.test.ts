import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { INNER, Lab, type LabHost, QANAT } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { Firewall } from '../../support/e2e/firewall.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { blocksOf, commandsOf, markOf } from '../../support/pages/blocks.js'
import { startSquid } from '../servers/squid.js'

/** This test, as marks of the page have it. */
const THIS = 'test/e2e/tunnels/worked-example.test.ts'
const SQUID_PORT = 3128
const LOGIN = { login: 'basic', user: 'user', password: 'secret' } as const

describeWhere(
  ['root', '/dev/net/tun', 'program ip', 'program ping', 'program nft', 'program squid', 'program openssl'],
  'the worked example in docs/transports.md',
  () => {
    const folder = temporaryFolder()
    let lab: Lab
    let authority: TestAuthority
    beforeAll(() => {
      lab = new Lab()
      authority = new TestAuthority()
    })
    afterAll(async () => {
      await lab.clear()
      lab.remove()
    })

    it('works as it is written, and moves to UDP when that gets through', async () => {
      const [makeKey, serve, call, ...rest] = commands()
      expect(rest).toEqual([])
      const certificate = authority.issue(lab.far.ipv4)
      copyFileSync(certificate.certFile, join(folder, 'fullchain.pem'))
      copyFileSync(certificate.keyFile, join(folder, 'privkey.pem'))
      const squid = await startSquid({ ...LOGIN, host: lab.far, port: SQUID_PORT })
      const firewall = new Firewall(lab)
      try {
        await firewall.rules(
          `tcp dport ${SQUID_PORT} accept`,
          `tcp sport ${SQUID_PORT} accept`,
          'meta l4proto { tcp, udp } drop',
        )
        await run(lab.far, makeKey!).output()
        const server = run(lab.far, serve!)
        for (const endpoint of ['udp://', 'wss://']) await server.line(`"endpoint":"${endpoint}`)
        const client = run(lab.near, call!)
        await client.line(`"endpoint":"wss://${lab.far.ipv4}/tunnel"`)
        await lab.near.run('ping', '-c', '1', '-w', '5', INNER.ipv4[0])
        await firewall.rules()
        await client.line('it answers again and comes before wss://')
        await lab.near.run('ping', '-c', '1', '-w', '5', INNER.ipv4[0])
      } finally {
        await squid.stop()
      }
    })

    /** The commands of the example, each in its words, with the names of hosts replaced by their addresses. */
    function commands(): string[][] {
      const blocks = blocksOf('docs/transports.md').filter((block) => markOf(block, 'run by') === THIS)
      return blocks.flatMap(commandsOf).map(({ words }) =>
        words
          .replaceAll('\\\n', ' ')
          .replaceAll(/home\.example\.org|proxy\.office\.example/g, lab.far.ipv4)
          .replace('USER:PASSWORD', `${LOGIN.user}:${LOGIN.password}`)
          .split(/\s+/),
      )
    }

    function run(host: LabHost, words: readonly string[]): Program {
      const args = words.filter((word) => word !== 'sudo' && word !== 'qanat')
      // The test's own authority stands for one that everybody trusts.
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: authority.caFile }
      return host.start(process.execPath, [QANAT, ...args], { cwd: folder, env })
    }
  },
)
