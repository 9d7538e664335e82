import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, expect, it } from 'vitest'
import { CommandsRun } from '../../../lab/commands-run.js'
import { countedIn, coverageIn } from '../../../lab/coverage.js'
import { INNER, QANAT, REACHED } from '../../../lab/lab.js'
import { residentBytes, wakeUps } from '../../../lab/process-usage.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { connect, lossOf, XOR } from '../../support/e2e/connect.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { nativeMissing } from '../../support/native-missing.js'

const [NEAR, FAR] = INNER.ipv4
/**
 * Modules, characters of their code, and pieces of it that run, for a tunnel that starts, carries a packet and ends: a quarter
 * above what it takes today. A bundle's file is one module, so what it holds without need is seen by its characters.
 */
const MOST_MODULES = 126
const MOST_CHARACTERS = 1_850_000
const MOST_EXECUTIONS = 100_000
const MEMORY_LIMIT = 90e6
/** Milliseconds in which an idle tunnel is watched. */
const IDLE = 3_000
/** Times that an idle end is woken in a second: whether the host slept is looked at every 2 s. */
const MOST_WAKE_UPS = 3

describeWhere(['root', '/dev/net/tun', 'program ip', 'program ping'], 'the cost of a tunnel', () => {
  const lab = groupLab()
  let folder: string
  beforeEach(() => {
    folder = temporaryFolder()
  })

  it('is no command, one without koffi, and a bounded amount of code to start and to end', async ({
    annotate,
  }) => {
    await lab.far.qanat('-p', lab.near.ipv4, FAR, NEAR, ...XOR).line(REACHED)
    const commands = new CommandsRun(folder, ['ip', 'nft', 'sysctl', 'resolvectl'])
    const coverage = join(folder, 'coverage')
    const options = ['-p', lab.far.ipv4, NEAR, FAR, ...XOR]
    const [program, ...counting] = commands.counting
    const near = lab.near.start(program!, [...counting, 'env', ...countedIn(coverage), QANAT, ...options])
    await near.line(REACHED)
    expect(await lossOf(lab.near, FAR, 1)).toBe('0%')
    near.kill('SIGTERM')
    expect(await near.ending()).toMatchObject({ code: 0 })
    const { modules, characters, executions } = coverageIn(coverage)
    await annotate(
      `${modules} modules of ${characters} characters, ${executions} executions, commands: ${commands.lines.join('; ')}`,
    )
    expect(commands.lines).toEqual(nativeMissing ? ['ip -batch -'] : [])
    expect(modules).toBeLessThanOrEqual(MOST_MODULES)
    expect(characters).toBeLessThanOrEqual(MOST_CHARACTERS)
    expect(executions).toBeLessThanOrEqual(MOST_EXECUTIONS)
  })

  it(`is at most ${MEMORY_LIMIT / 1e6} MB of memory, and ${MOST_WAKE_UPS} wake-ups a second when idle`, async ({
    annotate,
  }) => {
    const ends = await connect(lab, INNER.ipv4)
    expect(await lossOf(lab.near, FAR)).toBe('0%')
    const before = ends.map(({ pid }) => wakeUps(pid))
    await sleep(IDLE) // what is tested is that nothing happens
    const woken = ends.map(({ pid }, index) => wakeUps(pid) - before[index]!)
    const memory = ends.map(({ pid }) => residentBytes(pid))
    await annotate(`memory: ${memory.map((bytes) => (bytes / 1e6).toFixed(1)).join(' and ')} MB`)
    await annotate(`wake-ups in ${IDLE} ms of idleness: ${woken.join(' and ')}`)
    for (const bytes of memory) expect(bytes).toBeLessThanOrEqual(MEMORY_LIMIT)
    for (const times of woken) expect(times).toBeLessThanOrEqual((MOST_WAKE_UPS * IDLE) / 1_000)
  })
})
