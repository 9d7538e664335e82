import { closeSync } from 'node:fs'
import type { Caller } from './caller.js'
import { openFile } from './open-file.js'
import { modeOf } from './way.js'
import { writersOf } from './writers.js'

/** Checks that nobody but root and the caller can write a module that this process is to run; else throws an Error. */
export function checkCode(path: string, { trusted, uid }: Caller): void {
  const { descriptor, way } = openFile(path)
  closeSync(descriptor)
  const { open, owned } = writersOf(way, trusted)
  if (open !== undefined) {
    throw new Error(
      `${open.path} has the mode ${modeOf(open)}, so others may write it; run "chmod go-w ${open.path}"`,
    )
  }
  const [other] = owned
  if (other !== undefined) {
    throw new Error(
      `${other.path} belongs to user ${other.uid}, who may write it; run "chown ${uid} ${other.path}"`,
    )
  }
}
