import { hasCode } from '../../core/api/errors.js'

/** Milliseconds between looks at programs that were killed, and how many there are: 2 s of them. */
export const LOOK_INTERVAL = 10
export const MOST_LOOKS = 200

/** Kills a program; one that is gone is no error. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (thrown) {
    if (!hasCode(thrown, ['ESRCH'])) throw thrown
  }
}
