import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { asError, ConfigError } from '../core/errors.js'
import type { PublicKeyOf } from './check.js'
import { formatOf, parseText } from './format.js'
import type { Format } from './formats.js'
import type { ConfigModel } from './model.js'
import { modelOf, type ReadConfig } from './parsed.js'

/** Any right of the group or of others. */
const OTHERS = 0o077
/** Bytes. 10,000 peers take 2 MB. */
const MAX_BYTES = 32 * 1024 * 1024

/** A file that was read and can be used. */
export interface ConfigFile extends ReadConfig {
  readonly path: string
  readonly format: Format
  readonly text: string
  /** The rights, such as 0o600. */
  readonly mode: number
}

/**
 * Reads a file of either format, which its name tells.
 *
 * @throws ConfigError where it cannot be read, holds a key that others can read, or is wrong.
 */
export function readConfigFile(path: string, publicKeyOf: PublicKeyOf): ConfigFile {
  const format = formatOf(path)
  const { text, mode } = readText(path)
  const { model, remarks } = modelOf(path, parseText(format, path, text), publicKeyOf)
  if ((mode & OTHERS) !== 0 && holdsSecret(model)) {
    const why = `its mode is ${mode.toString(8)}, so others may read its keys, too; run "chmod 600 ${path}"`
    throw refusal(path, why)
  }
  return { path, format, text, mode, model, remarks }
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
    throw refusal(path, asError(thrown).message, thrown)
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

function holdsSecret({ interface: own, peers }: ConfigModel): boolean {
  if (own.privateKey !== undefined || own.key !== undefined) return true
  return peers.some(({ presharedKey, proxy }) => presharedKey !== undefined || proxy?.includes('@'))
}

function refusal(path: string, why: string, cause?: unknown): ConfigError {
  return new ConfigError(`Cannot use ${path}: ${why}`, { code: 'ERR_CONFIG_VALUE', cause })
}
