import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasCode } from '../../core/api/errors.js'
import type { Clock } from '../../core/time/clock.js'
import { kill, LOOK_INTERVAL, MOST_LOOKS } from './kill.js'

/** Makes a group. Throws an error of the system's if this process may not. */
export function makeGroup(folder: string): void {
  mkdirSync(folder)
}

/** Moves a program into a group, with all its threads. Its sockets from then on are the group's. */
export function moveInto(folder: string, pid: number): void {
  writeFileSync(join(folder, 'cgroup.procs'), String(pid))
}

/**
 * Kills all programs of a group, and of groups that they made within, and removes it; that it is gone is no error. Rejects if they
 * do not end within 2 s, or that is not permitted.
 */
export async function removeGroup(folder: string, clock: Clock): Promise<void> {
  for (let look = 1; ; look++) {
    try {
      killGroup(folder)
      for (const inner of foldersIn(folder)) rmdirSync(inner)
      return
    } catch (thrown) {
      if (hasCode(thrown, ['ENOENT'])) return
      if (!hasCode(thrown, ['EBUSY']) || look === MOST_LOOKS) throw thrown
    }
    await new Promise<void>((resolve) => clock.schedule(LOOK_INTERVAL, resolve))
  }
}

/** Before Linux 5.14 each program has to be killed by its number. cgroups: cgroup.kill */
function killGroup(folder: string): void {
  try {
    writeFileSync(join(folder, 'cgroup.kill'), '1', { flag: 'r+' })
  } catch (thrown) {
    if (!hasCode(thrown, ['ENOENT'])) throw thrown
    for (const inner of foldersIn(folder)) {
      const pids = readFileSync(join(inner, 'cgroup.procs'), 'utf8').split('\n').map(Number)
      for (const pid of pids) if (pid > 0) kill(pid)
    }
  }
}

/** The innermost first. */
function foldersIn(folder: string): string[] {
  const inner = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return [...inner.flatMap(({ name }) => foldersIn(join(folder, name))), folder]
}
