import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { lossOf } from '../../support/e2e/connect.js'
import {
  CAPTURED_TUNNEL,
  groupFullTunnelLab,
  NAMES,
  OUTER,
  SERVER,
  stateOf,
  WORLD,
} from '../../support/e2e/labs/full-tunnel-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'

const PORT = 5196
const PINGS = 3
const QANAT = join(import.meta.dirname, '../../../dist/src/index.js')

/**
 * What the program does: it forwards a port of the loopback to the server, whose name it looks up itself, and starts another one
 * outside of its process group.
 */
const FORWARDER = `
const net = require('node:net')
const [host, port] = process.argv.slice(1)
console.error('\\u001b[31m' + Object.keys(process.env).filter((name) => name !== '_').sort())
const server = net.createServer((near) => {
  const far = net.connect(port, host)
  near.pipe(far).pipe(near)
  for (const socket of [near, far]) socket.on('error', () => {}).on('close', () => [near, far].map((one) => one.destroy()))
})
require('node:child_process').spawn('sleep', ['600'], { detached: true })
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
`

const MODULE = `
import net from 'node:net'
import { redact, streamLink } from '${QANAT}'
let port
export default {
  api: 1,
  name: 'forwarded',
  transports: {
    forwarded: {
      summary: 'streams by a program',
      create: ({ network }) => ({
        async dial(endpoint, handlers) {
          port ??= new Promise((resolve, reject) => {
            const args = ['-e', ${JSON.stringify(FORWARDER)}, endpoint.hostname, endpoint.port]
            network.spawn(process.execPath, { args, line: resolve, env: { ONLY: '1' } }).catch(reject)
          })
          const socket = net.connect(Number(await port), '127.0.0.1')
          await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
          return streamLink(socket, { remote: redact(endpoint) }, handlers)
        },
        async listen(endpoint, handlers) {
          const local = { host: '0.0.0.0', port: Number(endpoint.port) }
          const server = await network.listen(local, (socket) => void streamLink(socket, { remote: 'forwarded://' + socket.remotePort }, handlers))
          return { endpoint, close: async () => void server.close() }
        },
      }),
    },
  },
}
`

/** How a host lets programs past a tunnel, and what of it shows there. */
const WAYS = [
  { way: 'in a control group of their own', mounts: 'mount -t cgroup2 none /sys/fs/cgroup' },
  { way: 'as a user of their own', mounts: ':' },
]

describeWhere(CAPTURED_TUNNEL, 'a full tunnel with a kill switch whose carrier is a program', () => {
  const lab = groupFullTunnelLab()

  for (const { way, mounts } of WAYS) {
    it(`lets programs ${way} past it and nothing else, and ends them when it is killed`, async () => {
      const { client } = lab
      await client.remount(mounts)
      const before = await stateOf(client)
      const names = await lab.serveNames()
      const capture = await lab.capture(OUTER, PORT)
      await lab.serve(lab.serverFile(`forwarded://0.0.0.0:${PORT}`, plugins()))
      const endpoint = `forwarded://${NAMES.server}:${PORT}`
      const more = [...plugins(), 'kill-switch = true']
      const file = lab.clientFile({ endpoint, allowed: ['0.0.0.0/0', '::/0'], more })
      const tunnel = await lab.call(file)
      expect(await lossOf(client, SERVER.ipv4, PINGS)).toBe('0%')
      expect(await lossOf(client, WORLD.ipv4, PINGS)).toBe('0%')
      expect(names.stdout).toContain(`${NAMES.server} from ${client.ipv4}`)
      expect(tunnel.stderr.join('\n')).toContain('\\u001b[31mLC_ALL,ONLY,PATH')
      const [program] = (await programs()).split('\n')
      const status = await client.run('cat', `/proc/${program}/status`)
      expect(status).toMatch(/Uid:\t6\d{4}\t/)
      expect(status).toMatch(/NoNewPrivs:\t1/)
      const groups = await client.run('cat', `/proc/${program}/cgroup`)
      const group = /^0::(\/.*qanat-.*)$/m.exec(groups)?.[1]
      expect(group !== undefined).toBe(way.includes('group'))

      tunnel.kill('SIGKILL')
      await tunnel.ending()
      await eventually('the programs are gone', programs, '')
      expect(await lab.down(client, file).ending()).toEqual({ code: 0, signal: null })
      expect(capture.stdout).toEqual([])
      expect(await stateOf(client)).toBe(before)
      await client.run('test', '!', '-e', `/sys/fs/cgroup${group ?? '/none'}`)
    })
  }

  /** The numbers of the program and of what it started; empty if none of that runs. */
  async function programs(): Promise<string> {
    const own = 'ps -o pid=,uid= -p "$(ip netns pids "$(ip netns identify)" | paste -sd,)"'
    return lab.client.run('sh', '-c', `${own} | awk '$2 >= 61184 && $2 <= 65519 { print $1 }'`)
  }

  function plugins(): string[] {
    const path = join(lab.folder, 'forwarded.js')
    writeFileSync(path, MODULE)
    return [`plugins = ["${path}"]`]
  }
})
