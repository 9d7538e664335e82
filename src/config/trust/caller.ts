/** Who runs this process. */
export interface Caller {
  readonly uid: number
  readonly gid: number
  /** Those who may decide what this process does, besides root: itself, and whoever called root by sudo. */
  readonly trusted: ReadonlySet<number>
}

type Environment = Readonly<Record<string, string | undefined>>

/** Who runs this process. Only root is believed to have been called by sudo(8). */
export function callerOf(environment: Environment): Caller {
  const uid = process.getuid!()
  const { SUDO_UID } = environment
  const called = uid === 0 && /^\d{1,10}$/.test(SUDO_UID ?? '') ? [Number(SUDO_UID)] : []
  return { uid, gid: process.getgid!(), trusted: new Set([uid, ...called]) }
}
