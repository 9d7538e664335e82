import { extname } from 'node:path'
import { ConfigError } from '../../core/api/errors.js'
import type { Parsed } from '../check/parsed.js'
import type { Converted } from '../schema/converted.js'
import { ENDING, FORMATS, type Format } from '../schema/formats.js'
import type { ConfigModel, PeerModel } from '../schema/model.js'
import { readToml } from '../toml/read.js'
import { writeToml, writeTomlPeer } from '../toml/write.js'
import { readWgQuick } from '../wg-quick/read.js'
import { writeWgQuick, writeWgQuickPeer } from '../wg-quick/write.js'

/**
 * The format of a file by its name.
 *
 * @throws ConfigError if the name does not tell.
 */
export function formatOf(path: string): Format {
  const ending = extname(path).toLowerCase()
  const format = FORMATS.find((name) => ENDING[name] === ending)
  if (format !== undefined) return format
  throw new ConfigError(
    `Cannot use ${path}: its name must end with .toml, or with .conf for wg-quick's format`,
    {
      code: 'ERR_CONFIG_VALUE',
    },
  )
}

/** @throws ConfigFileError if the text is not of that format at all. */
export function parseText(format: Format, file: string, text: string): Parsed {
  return format === 'toml' ? readToml(file, text) : readWgQuick(text)
}

/** The lines of a further peer, to be put behind a file's text. */
export function writePeer(format: Format, peer: PeerModel): string {
  return format === 'toml' ? writeTomlPeer(peer) : writeWgQuickPeer(peer)
}

/**
 * A model in a format.
 *
 * @throws ConfigError if no file of that format can mean the same.
 */
export function writeText(format: Format, model: ConfigModel): Converted {
  const converted = format === 'toml' ? writeToml(model) : writeWgQuick(model)
  if (converted !== undefined) return converted
  throw new ConfigError('Cannot write a wg-quick file: that format only supports the cipher wireguard', {
    code: 'ERR_CONFIG_VALUE',
  })
}
