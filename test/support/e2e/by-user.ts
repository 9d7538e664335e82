import { join } from 'node:path'
import type { LabHost } from '../../../lab/lab.js'
import type { Program, ProgramOptions } from '../../../lab/program.js'

const ROOT = join(import.meta.dirname, '../../..')
/** Where this package lies for other users, whatever folder these tests are in. */
const READABLE = '/mnt'

/** Qanat as other users can start it. */
export const READABLE_QANAT = `${READABLE}/dist/program/main.js`

/** A user who is nobody's on this host, and the groups that it is in. */
export interface SomeUser {
  readonly uid: number
  readonly groups?: readonly number[]
}

/** Runs a program on a host as a user without any rights of root's. */
export function startBy(
  { groups = [], uid }: SomeUser,
  host: LabHost,
  program: readonly string[],
  options?: ProgramOptions,
): Program {
  const within = groups.length === 0 ? '--clear-groups' : `--groups=${groups.join(',')}`
  const rights = `--reuid=${uid} --regid=${uid} ${within} --no-new-privs`
  const script = `mount --bind '${ROOT}' ${READABLE} && exec setpriv ${rights} "$@"`
  return host.start('sh', ['-c', script, 'sh', ...program], options)
}
