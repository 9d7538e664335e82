import type { Caller } from './caller.js'

/** Whom a process goes on as. */
export interface OtherUser {
  readonly uid: number
  readonly gid: number
}

/** Who asks for what a configuration says. */
export interface Asker {
  readonly caller: Caller
  /** Whom the tunnel runs as once it is up, a name or a number, if an option says so rather than the file. */
  readonly user?: string | undefined
  /** Whether others may read the keys. */
  readonly allowReadableKeys?: boolean | undefined
  /** Whether others may write files with keys, and read them. */
  readonly allowWritableFiles?: boolean | undefined
  /** Throws if there is no such user. */
  readonly findUser: (name: string) => OtherUser
}

/** Whom the process is to go on as; undefined if that is nobody else, or nobody who is known here. */
export function otherUser(asker: Asker, named: string | undefined): OtherUser | undefined {
  const name = asker.user ?? named
  if (name === undefined) return undefined
  try {
    const user = asker.findUser(name)
    return user.uid === asker.caller.uid ? undefined : user
  } catch {
    return undefined // "qanat check" may well run on another host; "qanat up" tells of it
  }
}
