import { createFiles } from '../../config/files/write-files.js'
import { redactText } from '../../core/api/redact.js'
import { shownIn } from './ascii.js'
import { priorityFor } from './standard-error.js'

/** Writes to a new file that only its owner can read, or else to standard output. */
export function print(text: string, path?: string): void {
  if (path === undefined) process.stdout.write(text)
  else createFiles([{ path, text }])
}

/** Writes what people read, in signs that the locale has. */
export function show(text: string): void {
  process.stdout.write(shownIn(process.env, text))
}

/** Columns of the terminal that is written to; undefined if it is none. */
export function screenWidth(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns : undefined
}

/** Tells what is no part of what was asked for. What the user typed may be part of it. */
export function remark(line: string): void {
  process.stderr.write(`${priorityFor('notice')}qanat: ${shownIn(process.env, redactText(line))}\n`)
}
