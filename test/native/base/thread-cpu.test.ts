import { expect, it } from 'vitest'
import { native } from '../../../src/native/base/native.js'
import { ThreadCpu } from '../../../src/native/base/thread-cpu.js'
import { nativeMissing, orSkipped } from '../../support/native-missing.js'

/** Milliseconds of the process's CPU time that are enough to tell. */
const WORK = 30

it.skipIf(nativeMissing)(
  orSkipped('tells what the thread used, not what passed, nor what others used', nativeMissing),
  async () => {
    const cpu = new ThreadCpu(native())
    const began = cpu.now()
    const used = () => (process.cpuUsage().user + process.cpuUsage().system) / 1_000
    for (const end = used() + WORK; used() < end; );
    const worked = cpu.now()
    expect(worked - began).toBeGreaterThan(WORK / 2)
    const from = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 10 * WORK))
    expect(performance.now() - from).toBeGreaterThan(9 * WORK)
    expect(cpu.now() - worked).toBeLessThan(WORK)
    cpu.close()
  },
)

it.skipIf(nativeMissing)(orSkipped('gives back its memory', nativeMissing), () => {
  const { arena } = native()
  const place = () => {
    const region = arena.reserve(16)
    region.release()
    return region.offset
  }
  const before = place()
  new ThreadCpu(native()).close()
  expect(place()).toBe(before)
})
