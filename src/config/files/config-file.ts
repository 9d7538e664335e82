import { asError, ConfigError } from '../../core/api/errors.js'
import type { PartTraits } from '../../core/plugin/part-traits.js'
import type { PublicKeyOf } from '../check/check.js'
import { modelOf, type Parsed, type ReadConfig } from '../check/parsed.js'
import { ConfigFileError } from '../check/problems.js'
import type { Format } from '../schema/formats.js'
import type { Asker } from '../trust/asker.js'
import { type Admission, admitFile } from '../trust/place.js'
import { type FileRead, type ReadFile, readFile } from '../trust/read-file.js'
import type { Way } from '../trust/way.js'
import { type Decoded, decodeText } from './decode-text.js'
import { formatOf, parseText } from './format.js'

const NOT_UTF_8 = 'the line is not in UTF-8; save the file in that encoding'

/** A file that was read. */
export interface FileText {
  readonly path: string
  readonly format: Format
  readonly text: string
}

/** A file that was read, with its parts; nothing of it is checked yet. */
export interface ParsedFile extends FileText {
  readonly parsed: Parsed
  readonly way: Way
}

/** A file that was read and can be used. */
export type ConfigFile = FileText & ReadConfig & { readonly admission: Admission }

/**
 * Reads a file of either format, which its name tells, and checks it. Nothing of it is run: hooks and plugins may stand
 * there whoever can write it.
 *
 * @throws ConfigError if it cannot be read, is wrong, or asks for more than it may do.
 */
export function readConfigFile(
  path: string,
  publicKeyOf: PublicKeyOf,
  asker: Asker,
  traits: PartTraits,
): ConfigFile {
  const { parsed, way, ...file } = parseConfigFile(path)
  const read = modelOf(path, parsed, publicKeyOf, traits)
  return { ...file, ...read, admission: admitFile(path, way, read.model, asker, ['files']) }
}

/**
 * Reads a file of either format, which its name tells; nothing of it is checked yet.
 *
 * @throws ConfigError if it cannot be read, or is not of that format at all.
 */
export function parseConfigFile(path: string, read: ReadFile = readFile): ParsedFile {
  const format = formatOf(path)
  const { isUnicode, text, way } = readText(path, read)
  if (!isUnicode) checkUnicode(format, path, text)
  return { path, format, text, way, parsed: parseText(format, path, text) }
}

function readText(path: string, read: ReadFile): Pick<FileRead, 'way'> & Decoded {
  try {
    const { bytes, way } = read(path)
    return { ...decodeText(bytes), way }
  } catch (thrown) {
    throw new ConfigError(`Cannot use ${path}: ${asError(thrown).message}`, {
      code: 'ERR_CONFIG_VALUE',
      cause: thrown,
    })
  }
}

/** TOML is Unicode. wg and wg-quick take any bytes, of which only those in comments have no meaning. */
function checkUnicode(format: Format, path: string, text: string): void {
  const isStrange = (line: string) => /[^\0-\x7f]/.test(format === 'toml' ? line : line.replace(/#.*/, ''))
  const problems = text
    .split('\n')
    .flatMap((line, index) => (isStrange(line) ? [{ line: index + 1, text: NOT_UTF_8 }] : []))
  if (problems.length > 0) throw new ConfigFileError(path, problems)
}
