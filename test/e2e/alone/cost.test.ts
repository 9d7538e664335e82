import { expect, it } from 'vitest'
import { INNER, REACHED } from '../../../lab/lab.js'
import { cpuSeconds, residentBytes } from '../../../lab/process-usage.js'
import { connect, lossOf, XOR } from '../../support/e2e/connect.js'
import { groupLab } from '../../support/e2e/group-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const [NEAR, FAR] = INNER.ipv4
/** Milliseconds from start to a tunnel that carries packets, on a machine that does nothing else. */
const START_GOAL = 300
/** A machine that is busy with other tests may take this many times as long. */
const BUSY = 4
const STARTS = 3
const MEMORY_LIMIT = 90e6
/** Milliseconds in which an idle tunnel is watched. */
const IDLE = 3_000
/** Seconds of CPU time: one tick of the kernel's clock per end and second would be 1 %. */
const IDLE_LIMIT = 0.02

describeWhere(['root', '/dev/net/tun', 'program ip', 'program ping'], 'the cost of a tunnel', () => {
  const lab = groupLab()

  it(`is at most ${START_GOAL} ms to start`, async ({ annotate }) => {
    await lab.far.qanat('-p', lab.near.ipv4, FAR, NEAR, ...XOR).line(REACHED)
    const times: number[] = []
    for (let start = 0; start < STARTS; start++) {
      const answered = lab.far.run('ping', '-i', '0.005', '-c', '1', '-w', '10', NEAR) // until one is answered
      const begun = performance.now()
      const near = lab.near.qanat('-p', lab.far.ipv4, NEAR, FAR, ...XOR)
      await answered
      times.push(Math.round(performance.now() - begun))
      near.kill('SIGKILL')
      await near.ending()
    }
    await annotate(`from start to the first answered ping: ${times.join(', ')} ms`)
    expect(Math.min(...times)).toBeLessThanOrEqual(START_GOAL * BUSY)
  })

  it(`is at most ${MEMORY_LIMIT / 1e6} MB of memory and no CPU time when idle`, async ({ annotate }) => {
    const ends = await connect(lab, INNER.ipv4)
    expect(await lossOf(lab.near, FAR)).toBe('0%')
    const before = ends.map(({ pid }) => cpuSeconds(pid))
    await new Promise((resolve) => setTimeout(resolve, IDLE)) // what is tested is that nothing happens
    const used = ends.map(({ pid }, index) => cpuSeconds(pid) - before[index]!)
    const memory = ends.map(({ pid }) => residentBytes(pid))
    await annotate(`memory: ${memory.map((bytes) => (bytes / 1e6).toFixed(1)).join(' and ')} MB`)
    await annotate(`CPU time in ${IDLE} ms of idleness: ${used.map((s) => s.toFixed(2)).join(' and ')} s`)
    for (const bytes of memory) expect(bytes).toBeLessThanOrEqual(MEMORY_LIMIT)
    for (const seconds of used) expect(seconds).toBeLessThanOrEqual(IDLE_LIMIT)
  })
})
