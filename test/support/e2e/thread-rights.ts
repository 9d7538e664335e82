import { threadStatusesOf } from '../../../lab/process-status.js'

/** CAP_NET_ADMIN as /proc writes it. */
export const NET_ADMIN = '0000000000001000'
const NOTHING = '0000000000000000'

/** What a thread may do. proc_pid_status(5) */
export interface ThreadRights {
  /** Real, effective, saved and file system user. */
  readonly uids: string
  readonly gids: string
  readonly groups: string
  /** Capabilities that it has, and that it could get. */
  readonly effective: string
  readonly permitted: string
}

/** Of each thread of a process, the main one first. */
export function rightsOf(pid: number): ThreadRights[] {
  return threadStatusesOf(pid).map((field) => ({
    uids: field('Uid'),
    gids: field('Gid'),
    groups: field('Groups'),
    effective: field('CapEff'),
    permitted: field('CapPrm'),
  }))
}

/**
 * What is wrong where every thread should be that user, in no groups but these, the main one with CAP_NET_ADMIN, no other one with
 * more.
 */
export function excessOf(
  threads: readonly ThreadRights[],
  uid: number,
  gid: number,
  allGroups: readonly number[] = [gid],
): ThreadRights[] {
  const four = (id: number) => Array(4).fill(id).join(' ')
  const isRight = ({ uids, gids, groups, effective, permitted }: ThreadRights, index: number) =>
    uids === four(uid) &&
    gids === four(gid) &&
    groups === allGroups.join(' ') &&
    [effective, permitted].every((set) => set === NET_ADMIN || (set === NOTHING && index > 0))
  return threads.filter((thread, index) => !isRight(thread, index))
}
