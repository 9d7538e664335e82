import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { asError, ConfigError } from '../../core/api/errors.js'
import type { PublicKeyOf } from '../check/check.js'
import { modelOf, type Parsed, type ReadConfig } from '../check/parsed.js'
import type { Format } from '../schema/formats.js'
import { formatOf, parseText } from './format.js'

/** Any right of the group or of others. */
const OTHERS = 0o077
/** Bytes. 10,000 peers take 2 MB. */
const MAX_BYTES = 32 * 1024 * 1024

/** A file that was read. */
export interface FileText {
  readonly path: string
  readonly format: Format
  readonly text: string
}

/** A file that was read and can be used. */
export type ConfigFile = FileText & ReadConfig

/**
 * Reads a file of either format, which its name tells, and checks it.
 *
 * @throws ConfigError if it cannot be read, holds a key that others can read, or is wrong.
 */
export function readConfigFile(path: string, publicKeyOf: PublicKeyOf): ConfigFile {
  const { parsed, ...file } = parseConfigFile(path)
  return { ...file, ...modelOf(path, parsed, publicKeyOf) }
}

/**
 * Reads a file of either format, which its name tells; nothing of it is checked yet.
 *
 * @throws ConfigError if it cannot be read, or is not of that format at all.
 */
export function parseConfigFile(path: string): FileText & { readonly parsed: Parsed } {
  const format = formatOf(path)
  const { text, mode } = readText(path)
  const exposure =
    (mode & OTHERS) === 0
      ? undefined
      : `its mode is ${mode.toString(8)}, so others may read its keys, too; run "chmod 600 ${path}"`
  return { path, format, text, parsed: { ...parseText(format, path, text), exposure } }
}

function readText(path: string): { text: string; mode: number } {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const { mode, size } = fstatSync(file)
    if (size > MAX_BYTES) throw new Error(`it has ${size} bytes and may have ${MAX_BYTES}`)
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
    return { text, mode: mode & 0o777 }
  } catch (thrown) {
    throw new ConfigError(`Cannot use ${path}: ${asError(thrown).message}`, {
      code: 'ERR_CONFIG_VALUE',
      cause: thrown,
    })
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
