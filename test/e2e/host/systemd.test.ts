import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Lab, QANAT } from '../../../lab/lab.js'
import { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { groupSocketOf } from '../../../src/control/group/group-socket.js'
import { socketOf } from '../../../src/control/run-lock.js'
import { lossOf } from '../../support/e2e/connect.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { startServiceManager } from '../../support/e2e/service-manager.js'
import { excessOf, rightsOf } from '../../support/e2e/thread-rights.js'
import { eventually } from '../../support/eventually.js'
import { guardOf, membersOf, tellToEnd } from '../../support/guard-of.js'

const ROOT = join(import.meta.dirname, '../../..')
const UNIT = join(ROOT, 'packaging/systemd/qanat@.service')
/** systemd's measure of what a service may do, from 0 to 10; above 5 it says MEDIUM. */
const MOST_EXPOSED = 3
const NOBODY = 65_534
/** What a drop-in lets the unit's user in. */
const CONTROL_GROUP = 54_711

const unit = readFileSync(UNIT, 'utf8')

/** The value of a setting that is there once. */
function setting(name: string): string {
  const values = [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value!)
  expect(values).toHaveLength(1)
  return values[0]!
}

let folder: string
beforeAll(() => {
  folder = temporaryFolder()
})

describeWhere(['program systemd-analyze'], 'the unit of systemd', () => {
  let copy: string
  beforeAll(() => {
    // systemd wants to see the program, and looks for it in folders of the system only.
    const program = join(folder, 'qanat')
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 })
    copy = join(folder, 'qanat@.service')
    writeFileSync(copy, unit.replaceAll(/^(Exec\w+)=qanat /gm, `$1=${program} `))
  })

  it('has nothing that systemd finds fault with', async () => {
    const verify = new Program('systemd-analyze', ['verify', '--man=no', copy])
    await verify.output()
    expect(verify.stderr).toEqual([])
  })

  it('takes its drop-ins, with which systemd finds no fault either', async () => {
    const dropIn = join(folder, 'with', 'qanat@.service.d')
    mkdirSync(dropIn, { recursive: true })
    for (const name of ['control-group.conf', 'namespace.conf', 'programs.conf']) {
      copyFileSync(join(ROOT, 'packaging/systemd', name), join(dropIn, name))
    }
    const whole = join(folder, 'with', 'qanat@.service')
    copyFileSync(copy, whole)
    const verify = new Program('systemd-analyze', ['verify', '--man=no', whole])
    await verify.output()
    expect(verify.stderr).toEqual([])
  })

  it(`is exposed by ${MOST_EXPOSED} of 10 at most`, async () => {
    const threshold = `--threshold=${MOST_EXPOSED * 10}`
    const said = await new Program('systemd-analyze', [
      'security',
      '--offline=true',
      threshold,
      copy,
    ]).output()
    expect(said).toMatch(/Overall exposure level for \S+: \d\.\d OK/)
  })

  it('makes its user and its folder as their files say', async () => {
    const root = join(folder, 'root')
    mkdirSync(join(root, 'etc'), { recursive: true })
    const place = (tool: string) => join(ROOT, `packaging/systemd/qanat.${tool}.conf`)
    await new Program('systemd-sysusers', [`--root=${root}`, place('sysusers')]).output()
    expect(readFileSync(join(root, 'etc/passwd'), 'utf8')).toMatch(/^qanat:x:\d+:\d+:Qanat tunnels:/m)
    await new Program('systemd-tmpfiles', ['--create', `--root=${root}`, place('tmpfiles')]).output()
    expect(readdirSync(join(root, 'etc'))).toContain('qanat')
  })
})

describe('the unit of systemd', () => {
  it('lets the guard restore the host, and keeps what tells of the rest', () => {
    expect(setting('KillMode')).toBe('control-group')
    expect(setting('RuntimeDirectoryPreserve')).toBe('yes')
  })

  it('gives CAP_NET_ADMIN and no other capability', () => {
    expect(setting('AmbientCapabilities')).toBe('CAP_NET_ADMIN')
    expect(setting('CapabilityBoundingSet')).toBe('CAP_NET_ADMIN')
  })
})

describeWhere(
  ['root', '/dev/net/tun', 'program ip', 'program ping', 'program python3', 'program setpriv'],
  "the command of systemd's unit",
  () => {
    let lab: Lab
    beforeAll(() => {
      lab = new Lab()
      chownSync(folder, NOBODY, NOBODY)
    })
    afterAll(() => lab.remove())

    it('tells that it is ready, carries and ends well, as a user with the rights that the unit gives', async () => {
      const { near, far } = lab
      const init = ['init', '--host', far.ipv4, '--network', '10.7.0.0/24', '--folder', folder]
      await far.start(process.execPath, [QANAT, ...init]).output()
      const file = join(folder, 'server.toml')
      const group = `[interface]\ncontrol-group = "${CONTROL_GROUP}"`
      writeFileSync(file, readFileSync(file, 'utf8').replace('[interface]', group))
      chownSync(file, NOBODY, NOBODY)
      const run = join(folder, 'run/server.toml')
      mkdirSync(run, { recursive: true })
      chmodSync(run, 0o700)
      chownSync(run, NOBODY, NOBODY)
      const notified = join(folder, 'notify')
      const manager = await startServiceManager(notified)
      chmodSync(notified, 0o777)

      const env = { ...process.env, RUNTIME_DIRECTORY: run, NOTIFY_SOCKET: notified }
      const service = far.start('sh', ['-c', asUnit(), ...commandOf('ExecStart')], { env })
      await manager.line('READY=1', 'stdout')
      expect(service.stderr.join('\n')).toContain('listening')
      expect(excessOf(rightsOf(service.pid), NOBODY, NOBODY, [CONTROL_GROUP, NOBODY])).toEqual([])

      const lock = socketOf(file, run).replace(/sock$/, 'lock')
      const shared = [run, lock, groupSocketOf(socketOf(file, run))].map((path) => statSync(path))
      expect(shared.map(({ gid, mode }) => [gid, mode & 0o777])).toEqual(
        [0o750, 0o640, 0o660].map((mode) => [CONTROL_GROUP, mode]),
      )
      expect(statSync(socketOf(file, run)).mode & 0o777).toBe(0o600)

      const client = near.qanatWith(
        { RUNTIME_DIRECTORY: join(folder, 'near') },
        'up',
        join(folder, 'client.toml'),
      )
      await client.line('TUN device is up')
      expect(await lossOf(near, '10.7.0.1', 20)).toBe('0%')

      expect(await far.start('sh', ['-c', asUnit(), ...commandOf('ExecReload')], { env }).output()).toContain(
        '1 peer',
      )
      const status = far.qanatWith({ RUNTIME_DIRECTORY: join(folder, 'run') }, 'status', '--json')
      expect(JSON.parse(await status.output()).tunnels).toMatchObject([{ pid: service.pid }])

      service.kill('SIGTERM')
      await manager.line('STOPPING=1', 'stdout')
      expect(await service.ending()).toEqual({ code: 0, signal: null })
      expect(await far.tunnels()).toEqual([])
      expect(readdirSync(run)).toEqual([])
      client.kill('SIGTERM')
      await client.ending()
    })

    it('has its guard restore all but the kill switch if it is killed, though systemd tells all that is left to end, and root lifts that', async () => {
      const { far } = lab
      const init = ['init', '--host', far.ipv4, '--network', '10.7.0.0/24', '--folder', folder]
      for (const name of ['server.toml', 'client.toml']) rmSync(join(folder, name), { force: true })
      await far.start(process.execPath, [QANAT, ...init]).output()
      const file = join(folder, 'server.toml')
      writeFileSync(
        file,
        readFileSync(file, 'utf8').replace('[interface]', '[interface]\nnat = true\nkill-switch = true'),
      )
      chownSync(file, NOBODY, NOBODY)
      const run = join(folder, 'run/server.toml')
      mkdirSync(run, { recursive: true })
      chmodSync(run, 0o700)
      chownSync(run, NOBODY, NOBODY)
      const state = () => far.run('sh', '-c', 'sysctl net.ipv4.ip_forward; nft list ruleset')
      const before = await state()

      const env = { ...process.env, RUNTIME_DIRECTORY: run }
      const service = far.start('sh', ['-c', asUnit(), ...commandOf('ExecStart')], { env })
      await service.line('listening')
      expect(await state()).not.toBe(before)
      const guard = guardOf(service)
      service.kill('SIGKILL')
      process.kill(guard, 'SIGTERM')
      await eventually('what restores the host is told to end as well', () => {
        const others = membersOf(guard).filter((pid) => pid !== guard)
        tellToEnd(others)
        return others.length > 0
      })
      await service.ending()
      await eventually('the guard is gone', () => membersOf(guard).length === 0)
      const root = (command: string, ...more: string[]) =>
        far.qanatWith({ RUNTIME_DIRECTORY: join(folder, 'run') }, command, ...more)
      const status = root('status')
      expect(await status.ending()).toEqual({ code: 1, signal: null })
      expect(status.stdout[0]).toBe(`server: ${file}, not running, but its kill switch stands:`)
      expect(status.stdout).toHaveLength(3)
      await root('down', file).output()
      expect(await state()).toBe(before)
      expect(readdirSync(run)).toEqual([])
    })

    /** A command of the unit for `server.toml`, with this program in place of the one that is installed. */
    function commandOf(name: 'ExecStart' | 'ExecReload'): string[] {
      const words = setting(name).replaceAll('/etc/qanat/%i', join(folder, 'server.toml')).split(' ')
      expect(words.shift()).toBe('qanat')
      return [process.execPath, ...words]
    }

    /**
     * A script that runs its arguments as the unit would: another user, with one capability and no way to more. The
     * program lies where that user can read it, whatever folder these tests are in, and the device is as udev makes it.
     */
    function asUnit(): string {
      const capability = setting('AmbientCapabilities').replace('CAP_', '+').toLowerCase()
      const rights = [
        `--reuid=${NOBODY} --regid=${NOBODY} --groups=${NOBODY},${CONTROL_GROUP} --no-new-privs`,
        `--inh-caps=-all,${capability} --ambient-caps=-all,${capability} --bounding-set=-all,${capability}`,
      ].join(' ')
      return `mount --bind '${ROOT}' /mnt && mount -t tmpfs tmpfs /dev/net && mknod -m 666 /dev/net/tun c 10 200 && exec setpriv ${rights} "$0" /mnt/dist/program/main.js "$@"`
    }
  },
)
