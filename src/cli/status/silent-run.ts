import type { Run } from '../../control/run-lock.js'

/** A tunnel that a process runs, and that cannot be asked yet or for the moment. */
export interface SilentRun extends Pick<Run, 'file' | 'pid'> {
  readonly state: 'starting' | 'stopped'
}
