import type { FileRead, ReadFile } from '../../config/trust/read-file.js'
import { ConfigError } from '../../core/api/errors.js'

/** What a process with the right to read files hands to one without: a line of JSON each. */
type Handed =
  | {
      readonly files: readonly (Omit<FileRead, 'bytes'> & { readonly path: string; readonly bytes: string })[]
    }
  | { readonly error: string }

/**
 * Has `work` read files, and writes down what it read, or why it refused: then none of it. As a line without its end.
 */
export function handOver(work: (read: ReadFile) => void, readFile: ReadFile): string {
  const files = new Map<string, FileRead>()
  let handed: Handed
  try {
    work((path) => {
      const file = readFile(path)
      files.set(path, file)
      return file
    })
    const all = [...files].map(([path, { bytes, way }]) => ({
      path,
      bytes: Buffer.from(bytes).toString('base64'),
      way,
    }))
    handed = { files: all }
  } catch (thrown) {
    handed = { error: thrown instanceof Error ? thrown.message : String(thrown) }
  }
  return JSON.stringify(handed)
}

/**
 * Reads files as they were handed over.
 *
 * @throws ConfigError if that was refused, with the same words.
 */
export function takeOver(line: string): ReadFile {
  const handed = JSON.parse(line) as Handed
  if ('error' in handed) throw new ConfigError(handed.error, { code: 'ERR_CONFIG_VALUE' })
  const files = new Map(handed.files.map((file) => [file.path, file]))
  return (path) => {
    const file = files.get(path)
    if (file === undefined) throw new Error('it was not handed over')
    return { bytes: Buffer.from(file.bytes, 'base64'), way: file.way }
  }
}
