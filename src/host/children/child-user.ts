import { readdirSync, statSync } from 'node:fs'
import type { Clock } from '../../core/time/clock.js'
import { statOf } from '../../native/process/process-stat.js'
import { FIRST_CHILD_USER, isChildUser, LAST_CHILD_USER } from '../record/change.js'
import { kill, LOOK_INTERVAL, MOST_LOOKS } from './kill.js'

/** A user whom no program runs as and no other tunnel took, beginning with the one that a number stands for. */
export function freeUser(taken: readonly number[], seed: number): number {
  const running = new Set(usersOf(processes()))
  const users = LAST_CHILD_USER - FIRST_CHILD_USER + 1
  for (let step = 0; step < users; step++) {
    const user = FIRST_CHILD_USER + ((seed + step) % users)
    if (!running.has(user) && !taken.includes(user)) return user
  }
  throw new Error(`users ${FIRST_CHILD_USER} to ${LAST_CHILD_USER} are all taken`)
}

/** Whether anything runs as a user. */
export function hasPrograms(user: number): boolean {
  return runningAs(user).length > 0
}

/** Kills all that runs as a user who is a tunnel's alone. Rejects if it does not end within 2 s, or that is not permitted. */
export async function endProgramsOf(user: number, clock: Clock): Promise<void> {
  if (!isChildUser(user)) return
  for (let look = 1; ; look++) {
    const running = runningAs(user)
    if (running.length === 0) return
    if (look === MOST_LOOKS) throw new Error(`programs of user ${user} do not end`)
    for (const pid of running) kill(Number(pid))
    await new Promise<void>((resolve) => clock.schedule(LOOK_INTERVAL, resolve))
  }
}

function runningAs(user: number): string[] {
  return processes().filter((pid) => usersOf([pid]).includes(user) && isRunning(pid))
}

function processes(): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name))
}

function usersOf(pids: readonly string[]): number[] {
  return pids.flatMap((pid) => statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid ?? [])
}

/** A container may have nobody who waits for its dead. */
function isRunning(pid: string): boolean {
  const stat = statOf(pid)
  const state = stat?.slice(stat.lastIndexOf(')') + 2)[0]
  return state !== undefined && state !== 'Z' && state !== 'X'
}
