import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { NO_HOOKS } from '../../src/core/settings/host-settings.js'
import type { Clock } from '../../src/core/time/clock.js'
import { systemClock } from '../../src/core/time/system-clock.js'
import { PAUSE } from '../../src/host/programs/patiently.js'
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

/** Takes all descriptors from this process, and gives them back. */
class Shortage {
  readonly #shell: ChildProcess

  private constructor(shell: ChildProcess) {
    this.#shell = shell
  }

  static async begin(): Promise<Shortage> {
    const own = `prlimit --pid ${process.pid}`
    const script = `old=$(${own} --nofile --output SOFT --noheadings); ${own} --nofile=1:; echo; read _; ${own} --nofile=$((old)):`
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
