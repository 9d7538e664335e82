import { createFiles } from '../../config/files/write-files.js'
import { redactText } from '../../core/api/redact.js'

/** Writes to a new file that only its owner can read, or else to standard output. */
export function print(text: string, path?: string): void {
  if (path === undefined) process.stdout.write(text)
  else createFiles([{ path, text }])
}

/** Tells what is no part of what was asked for. What the user typed may be part of it. */
export function remark(line: string): void {
  process.stderr.write(`qanat: ${redactText(line)}\n`)
}
