import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { INNER, type LabHost, REACHED } from '../../../lab/lab.js'
import { type StatusField, statusOf, threadStatusesOf } from '../../../lab/process-status.js'
import type { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { connect } from '../../support/e2e/connect.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { logOf } from '../../support/e2e/log.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'

const [NEAR, FAR] = INNER.ipv4

/** The CPUs that a thread may run on, as the kernel writes them. */
const cpusIn = (status: StatusField) => status('Cpus_allowed_list')

/** Lets the main thread of a program go before all others, so that it waits for no CPU however busy the machine is. */
function goFirst({ pid }: Program): void {
  setPriority(pid, constants.priority.PRIORITY_HIGHEST)
}

/** Waits until the main thread may run on one CPU only, or on all again. */
function stays(pid: number, stay: boolean): Promise<true> {
  const all = cpusIn(statusOf('self'))
  return eventually(`process ${pid} ${stay ? 'stays on its CPU' : 'is free again'}`, () => {
    const [main, ...others] = threadStatusesOf(pid).map(cpusIn)
    expect(new Set(others)).toEqual(new Set([all]))
    return stay ? /^\d+$/.test(main!) : main === all
  })
}

function pingNowAndThen(host: LabHost, address: string): void {
  host.start('ping', ['-q', '-i', '0.005', '-w', '30', address])
}

describeWhere(
  ['root', 'koffi', 'two processors', '/dev/net/tun', 'program ip', 'program ping', 'program iperf3'],
  'the CPU of the thread that carries packets',
  () => {
    const lab = groupLab()
    let folder: string
    beforeEach(() => {
      folder = temporaryFolder()
    })

    it('is the same one while packets are few, and any one while they are many', async () => {
      const ends = await connect(lab, INNER.ipv4)
      ends.forEach(goFirst)
      pingNowAndThen(lab.near, FAR)
      await Promise.all(ends.map(({ pid }) => stays(pid, true)))
      const server = lab.far.start('iperf3', ['-s', '-1', '--forceflush'])
      await server.line('listening', 'stdout')
      const client = lab.near.start('iperf3', ['-c', FAR, '-t', '60'])
      for (const program of [server, client]) goFirst(program)
      await Promise.all(ends.map(({ pid }) => stays(pid, false)))
    })

    it('is not handed on to programs that it starts', async () => {
      const { near, far } = lab
      const key = join(folder, 'key')
      const file = join(folder, 'near.toml')
      writeFileSync(key, randomBytes(32).toString('hex'), { mode: 0o600 })
      writeFileSync(
        file,
        [
          '[interface]',
          'cipher = "aes-256-gcm"',
          'key-file = "key"',
          `address = ["${NEAR}/30"]`,
          'post-down = ["grep Cpus_allowed_list: /proc/self/status"]',
          '[[peer]]',
          `endpoints = ["tcp://${far.ipv4}:1337"]`,
        ].join('\n'),
        { mode: 0o600 },
      )
      await far.qanat(FAR, NEAR, '--key-file', key, '--listen', `tcp://${far.ipv4}:1337`).line('listening')
      const end = near.qanatWith({ RUNTIME_DIRECTORY: folder }, 'up', file)
      await end.line(REACHED)
      goFirst(end)
      pingNowAndThen(near, FAR)
      await stays(end.pid, true)
      end.kill('SIGTERM')
      expect(await end.ending()).toEqual({ code: 0, signal: null })
      const lines = logOf(end).flatMap(({ hook, line }) => (hook === 'PostDown' ? [String(line)] : []))
      expect(lines.map((line) => line.split(/\s+/)[1])).toEqual([cpusIn(statusOf('self'))])
    })
  },
)
