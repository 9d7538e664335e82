import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { fixture, INNER, type LabHost, QANAT, REACHED } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { lossOf } from '../../support/e2e/connect.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'

/** Not the bundle, of which no module can be changed before it starts. */
const MODULES = join(import.meta.dirname, '../../../dist/src/cli/main.js')
const [NEAR, FAR] = INNER.ipv4
const PORT = 4433
const KEY = randomBytes(32).toString('base64')
const DEBUG = ['--log-level', 'debug']
/** Whatever these tests are started with. */
const REHEARSES = { ...process.env, QANAT_NO_REHEARSAL: '' }
const LISTEN = `udp://[::]:${PORT}`
/** A cipher of a plugin that works but for its rehearsal. */
const SHY = ['--plugin', fixture('rehearsal/stage-fright.mjs'), '--cipher', 'shy', '-k', KEY]
const NOT_REHEARSED = /cannot rehearse|not rehearsed|ended early/

describeWhere(
  ['root', '/dev/net/tun', 'program ip', 'program ping', 'program taskset'],
  'a tunnel that is rehearsed in odd circumstances',
  () => {
    const lab = groupLab()

    it.each([
      ['without koffi', [], { QANAT_NO_NATIVE: '1' }],
      ['on one processor', ['taskset', '-c', '0'], {}],
    ] as const)('carries packets, and ends well: %s', async (_what, before, env) => {
      const start = (host: LabHost, ...args: string[]) => {
        const [program, ...given] = [...before, process.execPath, QANAT, ...args, '-k', KEY, ...DEBUG]
        return host.start(program!, given, { env: { ...REHEARSES, ...env } })
      }
      const far = start(lab.far, FAR, NEAR, '--listen', LISTEN)
      await far.line('"rehearsed"')
      const near = start(lab.near, NEAR, FAR, '-p', `udp://${lab.far.ipv4}:${PORT}`)
      await near.line('"rehearsed"')
      expect(await lossOf(lab.near, FAR, 3)).toBe('0%')
      await allEnd(far, near)
      for (const end of [far, near]) expect(end.stderr.join('\n')).not.toMatch(NOT_REHEARSED)
    })

    it('takes another configuration amid its rehearsal, which goes on', async () => {
      const folder = temporaryFolder()
      const file = join(folder, 'far.toml')
      writeFileSync(join(folder, 'key'), KEY, { mode: 0o600 })
      const write = (more = '') =>
        writeFileSync(
          file,
          `[interface]
cipher = "aes-256-gcm"
key-file = "key"
address = ["${FAR}/24"]
listen = ["tcp://[::]:${PORT}"]
[[peer]]
allowed-ips = ["${NEAR}/32"${more}]
`,
          { mode: 0o600 },
        )
      write()
      const endless = ['--import', fixture('rehearsal/endless.mjs'), MODULES]
      const far = lab.far.start(process.execPath, [...endless, 'up', file, ...DEBUG], { env: REHEARSES })
      await eventually('it rehearses', () => rehearses(lab.far), true)
      write(', "10.20.0.0/16"')
      await lab.far.run(process.execPath, QANAT, 'reload', file)
      expect(await lab.far.run('ip', 'route')).toContain('10.20.0.0/16')
      expect(await rehearses(lab.far)).toBe(true)
      write()
      far.kill('SIGHUP')
      const routes = () => lab.far.run('ip', 'route')
      await eventually('it is applied', async () => (await routes()).includes('10.20'), false)
      const dial = ['-p', `tcp://${lab.far.ipv4}:${PORT}`, '--no-rehearsal']
      const near = lab.near.qanat(NEAR, FAR, '-k', KEY, ...dial)
      await near.line(REACHED)
      expect(await lossOf(lab.near, FAR, 3)).toBe('0%')
      await allEnd(near, far)
      expect(far.stderr.join('\n')).not.toMatch(NOT_REHEARSED)
    })

    it('goes on without its rehearsal if the cipher of a plugin throws in that, and names the plugin', async () => {
      const start = (host: LabHost, ...args: string[]) =>
        host.start(process.execPath, [QANAT, ...args, ...SHY], { env: { ...REHEARSES, REAL_KEY: KEY } })
      const far = start(lab.far, FAR, NEAR, '--listen', LISTEN, '-p', `udp://${lab.near.ipv4}:${PORT}`)
      const near = start(lab.near, NEAR, FAR, '--listen', LISTEN, '-p', `udp://${lab.far.ipv4}:${PORT}`)
      for (const end of [far, near]) {
        const line = await end.line('cannot rehearse')
        expect(JSON.parse(line)).toMatchObject({
          level: 'warn',
          why: expect.stringMatching(/plugin 'stage-fright': 'seal' failed: stage fright$/),
        })
      }
      expect(await lossOf(lab.near, FAR, 3)).toBe('0%')
      await allEnd(far, near)
    })

    async function rehearses(host: LabHost): Promise<boolean> {
      const sockets = await host.run('cat', '/proc/net/tcp')
      return sockets.includes(' 0100007F:')
    }
  },
)

/** Has programs end, one after another. */
async function allEnd(...programs: readonly Program[]): Promise<void> {
  for (const program of programs) {
    program.kill('SIGTERM')
    expect(await program.ending()).toMatchObject({ code: 0 })
  }
}
