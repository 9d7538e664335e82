import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { NO_HOOKS } from '../../src/core/settings/host-settings.js'
import type { Clock } from '../../src/core/time/clock.js'
import { systemClock } from '../../src/core/time/system-clock.js'
import { MAX_ATTEMPTS, PAUSE } from '../../src/host/programs/patiently.js'
import { undoAll } from '../../src/host/undo.js'
import { HostPrograms } from './host-programs.js'
import { KeptLog } from './parts.js'

let programs: HostPrograms
beforeEach(() => {
  programs = new HostPrograms()
})
afterEach(() => programs.remove())

it('undoes all, hooks too, though no descriptor is left when each of it begins', async () => {
  const hooks = { ...NO_HOOKS, postDown: [`echo PostDown >> ${programs.notes}`] }
  const log = new KeptLog()
  for (const change of [
    { kind: 'firewall', table: 'qanat-q0' },
    { kind: 'hooks', name: 'PostDown', device: 'q0' },
  ] as const) {
    const shortage = await Shortage.begin()
    /** The pause between two attempts ends the shortage; what bounds a hook waits as ever. */
    const schedule: Clock['schedule'] = (delay, callback) => {
      if (delay !== PAUSE) return systemClock.schedule(delay, callback)
      void shortage.end().then(callback)
      return { cancel() {} }
    }
    expect(await undoAll([change], { log, clock: { ...systemClock, schedule }, hooks })).toEqual([])
  }
  expect(programs.asked).toEqual(['nft delete table inet qanat-q0', 'PostDown'])
  expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([])
})

it('runs no hook again because another one cannot be started', async () => {
  const taken = join(programs.folder, 'taken')
  const shortage = await Shortage.begin(programs.notes, taken)
  const first = `echo first >> ${programs.notes}; while [ ! -e ${taken} ]; do sleep 0.01; done`
  const hooks = { ...NO_HOOKS, postDown: [first, `echo second >> ${programs.notes}`] }
  let pauses = 0
  /** Descriptors come back once the second hook was given up; what bounds a hook waits as ever. */
  const schedule: Clock['schedule'] = (delay, callback) => {
    if (delay !== PAUSE) return systemClock.schedule(delay, callback)
    if (++pauses < MAX_ATTEMPTS) setImmediate(callback)
    else void shortage.end().then(callback)
    return { cancel() {} }
  }
  const log = new KeptLog()
  const change = { kind: 'hooks', name: 'PostDown', device: 'q0' } as const
  await undoAll([change], { log, clock: { ...systemClock, schedule }, hooks })
  await shortage.end()
  expect(programs.asked).toEqual(['first'])
  expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
})

/** Takes all descriptors from this process, and gives them back. */
class Shortage {
  readonly #shell: ChildProcess

  private constructor(shell: ChildProcess) {
    this.#shell = shell
  }

  /** At once, or once a file is there; another one tells then that it has begun. */
  static async begin(after?: string, told = '/dev/null'): Promise<Shortage> {
    const own = `prlimit --pid ${process.pid}`
    const waits = after === undefined ? '' : `echo; while [ ! -e ${after} ]; do sleep 0.01; done;`
    const script = `old=$(${own} --nofile --output SOFT --noheadings); ${waits} ${own} --nofile=1:; echo > ${told}; echo; read _; ${own} --nofile=$((old)):`
    const shell = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] })
    await once(createInterface(shell.stdout), 'line')
    return new Shortage(shell)
  }

  /** Idempotent. */
  async end(): Promise<void> {
    this.#shell.stdin!.end('\n')
    if (this.#shell.exitCode === null) await once(this.#shell, 'exit')
  }
}
