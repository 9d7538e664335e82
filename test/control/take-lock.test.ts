import { spawn } from 'node:child_process'
import { lstatSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import type { Owner } from '../../src/control/lock-owner.js'
import { startOf } from '../../src/control/process-start.js'
import { takeLock } from '../../src/control/take-lock.js'

/** Called before each call of the file system that changes something or looks at a lock. */
const steps = vi.hoisted(() => ({ before: () => {} }))
vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>()
  const told = Object.fromEntries(
    (['linkSync', 'lstatSync', 'openSync', 'renameSync', 'rmSync'] as const).map((name) => [
      name,
      (...args: unknown[]) => {
        steps.before()
        return (real[name] as (...given: unknown[]) => unknown)(...args)
      },
    ]),
  )
  return { ...real, ...told, default: real }
})

const children = Array.from({ length: 2 }, () => spawn('sleep', ['60'], { stdio: 'ignore' }))
const [first, second] = children.map(({ pid }) => ownerOf(pid!))
const here = ownerOf(process.pid)
const dead: Owner = { file: '/a.toml', pid: process.pid, started: '1' }

function ownerOf(pid: number): Owner {
  return { file: '/a.toml', pid, started: startOf(pid)! }
}

function takes(lock: string, owner: Owner): boolean {
  return 'release' in takeLock(lock, owner)
}

afterEach(() => {
  steps.before = () => {}
})
afterAll(() => {
  for (const child of children) child.kill()
})

describe('takeLock', () => {
  it('gives what a dead process left to one of three, whichever is held up before which step', () => {
    for (let early = 1; ; early++) {
      const { reached } = race(early, early)
      if (!reached) {
        expect(early).toBeGreaterThan(5)
        break
      }
      for (let late = early; race(early, late).reached; late++);
    }
  })

  it('replaces also what a process left that died while it replaced one', () => {
    const folder = temporaryFolder()
    const lock = join(folder, 'a.lock')
    writeFileSync(lock, JSON.stringify(dead))
    const about = lstatSync(lock, { bigint: true })
    writeFileSync(`${lock}.after-${about.ino}-${about.mtimeNs}`, JSON.stringify({ ...dead, started: '2' }))
    expect(takes(lock, here)).toBe(true)
    expect(readdirSync(folder)).toEqual(['a.lock'])
  })
})

/** Two others take the lock before the step `early` and the step `late` of this process. */
function race(early: number, late: number): { reached: boolean } {
  const folder = temporaryFolder()
  const lock = join(folder, 'a.lock')
  writeFileSync(lock, JSON.stringify(dead))
  const holders: Owner[] = []
  let step = 0
  steps.before = () => {
    step++
    const others = [...(step === early ? [first!] : []), ...(step === late ? [second!] : [])]
    const before = steps.before
    steps.before = () => {}
    for (const other of others) if (takes(lock, other)) holders.push(other)
    steps.before = before
  }
  if (takes(lock, here)) holders.push(here)
  steps.before = () => {}
  expect(holders, `held up before step ${early} and ${late}`).toHaveLength(1)
  expect(readdirSync(folder)).toEqual(['a.lock'])
  return { reached: step >= late }
}
