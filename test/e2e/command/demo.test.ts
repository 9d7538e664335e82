import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { Program } from '../../../lab/program.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const DEMO = join(import.meta.dirname, '../../../dist/lab/demo/main.js')
const TUNNELS = ['udp/aes-256-gcm', 'memory/xor']
/** Milliseconds for two tunnels, of which each has a minute of its own. */
const LIMIT = 150_000
vi.setConfig({ testTimeout: LIMIT + 10_000 })

/** Runs what follows as an ordinary user would: one that is not root, in a namespace of this test. */
const AS_USER = ['unshare', '--user', '--map-user=1000', '--map-group=1000']
/** Runs what follows where there is no /dev/net/tun. */
const WITHOUT_TUN = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /dev/net && exec "$@"', 'sh']

describeWhere(['root', '/dev/net/tun', 'program ip', 'program unshare'], 'the demo', () => {
  it('shows tunnels between two private hosts and leaves nothing behind', async () => {
    const demo = start([])
    expect(tunnelsOf(await demo.output(LIMIT))).toEqual([
      'udp two namespaces equal',
      'memory one process equal',
    ])
    expect(demo.stderr[0]).toContain('network namespaces')
    expect(leftovers(demo)).toEqual([])
  })

  describeWhere(['program openssl', 'program tinyproxy'], 'with what is around WebSocket', () => {
    it('shows it with TLS, and through a web proxy', async () => {
      const demo = new Program(process.execPath, [DEMO, 'wss/aes-256-gcm', 'ws-proxy/aes-256-gcm'])
      expect(tunnelsOf(await demo.output(LIMIT))).toEqual([
        'wss two namespaces equal',
        'ws-proxy two namespaces equal',
      ])
      expect(leftovers(demo)).toEqual([])
    })
  })

  describeWhere(['user namespaces'], 'as an ordinary user', () => {
    it('does so in a user namespace', async () => {
      const demo = start(AS_USER)
      expect(tunnelsOf(await demo.output(LIMIT))).toEqual([
        'udp two namespaces equal',
        'memory one process equal',
      ])
      expect(leftovers(demo)).toEqual([])
    })
  })

  it('does so in one process where there is no /dev/net/tun, and says so', async () => {
    const demo = start(WITHOUT_TUN)
    expect(tunnelsOf(await demo.output(LIMIT))).toEqual(['udp one process equal', 'memory one process equal'])
    expect(demo.stderr[0]).toContain('there is no /dev/net/tun')
    expect(leftovers(demo)).toEqual([])
  })

  it('leaves nothing behind when it is interrupted', async () => {
    const demo = start([])
    await demo.line('[1/2]')
    demo.kill('SIGINT')
    expect(await demo.ending()).toEqual({ code: 130, signal: null })
    expect(leftovers(demo)).toEqual([])
  })

  it('says what there is where something unknown is asked for', async () => {
    const demo = new Program(process.execPath, [DEMO, 'pigeon/xor'])
    expect((await demo.ending()).code).toBe(2)
    expect(demo.stderr).toEqual([expect.stringMatching(/^Cannot show 'pigeon\/xor': there are udp\//)])
  })
})

function start(before: readonly string[]): Program {
  const [program, ...args] = [...before, process.execPath, DEMO, ...TUNNELS]
  return new Program(program!, args)
}

/** Transport, hosts and hash of the table's rows. */
function tunnelsOf(output: string): string[] {
  const rows = output.split('\n').filter((line) => /^(udp|memory|wss|ws-proxy) /.test(line))
  return rows.map((row) => {
    const [transport, , hosts, ...numbers] = row.split(/ {2,}/)
    return `${transport} ${hosts} ${numbers.at(-1)}`
  })
}

/** Network namespaces and folders of a demo that are still there. */
function leftovers(demo: Program): string[] {
  const namespaces = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).split('\n')
  return [
    ...namespaces.filter((name) => name.startsWith(`qanat-demo-${demo.pid}-`)),
    ...readdirSync(tmpdir()).filter((name) => name.startsWith(`qanat-${demo.pid}-`)),
  ]
}
