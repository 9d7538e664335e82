import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type LabHost, QANAT, REACHED } from '../../../lab/lab.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { generatePrivateKey, publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import { afterTest } from '../../support/after-test.js'
import { StarLab } from '../../support/e2e/labs/star-lab.js'
import { Pings } from '../../support/e2e/pings.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'

const PORT = 51820
const INNER = { server: '10.20.0.1', client: '10.20.0.2' } as const
/** Milliseconds until the better server is gone back to: three answers, 5 s apart, on a busy machine. */
const RETURN_LIMIT = 60_000

describeWhere(
  ['root', '/dev/net/tun', 'program ip', 'program ping'],
  'two servers with one key on two hosts',
  () => {
    it('stand for each other, and the better one is gone back to without a ping lost', {
      timeout: 120_000,
    }, async () => {
      const folder = temporaryFolder()
      const [own, shared] = [generatePrivateKey(), generatePrivateKey()]
      const lab = new StarLab(2)
      afterTest(async () => {
        await lab.clear()
        lab.remove()
      })
      const [better, worse] = lab.others as [LabHost, LabHost]
      const start = (host: LabHost, name: string, lines: readonly string[]) => {
        const file = join(folder, `${name}.toml`)
        writeFileSync(file, lines.join('\n'), { mode: 0o600 })
        return host.start(process.execPath, [QANAT, 'up', file])
      }
      const serve = async (host: LabHost, name: string) => {
        const server = start(host, name, [
          ...['[interface]', `name = "${name}"`, `private-key = "${shared}"`],
          ...[`address = ["${INNER.server}/24"]`, `listen = ["udp://0.0.0.0:${PORT}"]`],
          ...['[[peer]]', `public-key = "${publicKeyOf(own)}"`, `allowed-ips = ["${INNER.client}/32"]`],
        ])
        await server.line('udp://')
        return server
      }
      const first = await serve(better, 'qtbetter')
      await serve(worse, 'qtworse')
      const endpoints = [better, worse].map(({ ipv4 }) => `udp://${ipv4}:${PORT}`)
      const client = start(lab.middle, 'qtclient', [
        ...['[interface]', 'name = "qtclient"', `private-key = "${own}"`, `address = ["${INNER.client}/24"]`],
        ...['[[peer]]', `public-key = "${publicKeyOf(shared)}"`, `allowed-ips = ["${INNER.server}/32"]`],
        ...[`endpoints = ${JSON.stringify(endpoints)}`, 'shared-identity = true'],
      ])
      await client.line(REACHED)
      const reaches = (endpoint: string, since: number) =>
        client.stderr.slice(since).some((line) => line.includes('peer is reached') && line.includes(endpoint))
      const pings = new Pings(lab.middle, INNER.server, 10)
      await pings.firstAfter(Date.now())

      let since = client.stderr.length
      first.kill('SIGKILL')
      await eventually('the other server is used', () => reaches(endpoints[1]!, since), true, RETURN_LIMIT)
      await pings.firstAfter(Date.now())
      const from = pings.answers.at(-1)!.number

      since = client.stderr.length
      await serve(better, 'qtbetter')
      await eventually('the better server is used', () => reaches(endpoints[0]!, since), true, RETURN_LIMIT)
      await pings.firstAfter(Date.now() + 500)
      const answered = pings.answers.map(({ number }) => number).filter((number) => number >= from)
      const whole = Array.from({ length: answered.at(-1)! - from + 1 }, (_, index) => from + index)
      expect(new Set(answered)).toEqual(new Set(whole))
    })
  },
)
