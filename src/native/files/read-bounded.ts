import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'

/** Follows no link, and waits for no writer of a FIFO. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** A file as it was when it was read. */
export interface BoundedFile {
  readonly text: string
  readonly uid: number
  readonly mode: number
}

/**
 * Reads a file that another user may have put there; undefined if it is no regular one, or has more than `most` bytes.
 * Throws an Error with the system's code if it cannot be opened.
 */
export function readBounded(path: string, most: number): BoundedFile | undefined {
  const file = openSync(path, FLAGS)
  try {
    const about = fstatSync(file)
    if (!about.isFile() || about.size > most) return undefined
    return { text: readFileSync(file, 'utf8'), uid: about.uid, mode: about.mode }
  } finally {
    closeSync(file)
  }
}
