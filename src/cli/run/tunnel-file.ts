import { dirname } from 'node:path'
import { readKeyFile } from '../../ciphers/keys/key-file.js'
import { publicKeyOf } from '../../ciphers/keys/keys.js'
import { configure } from '../../config/build/configure.js'
import { deviceNameOf } from '../../config/build/device-name.js'
import { filesOf } from '../../config/build/files.js'
import type { Files } from '../../config/build/transport-settings.js'
import { located } from '../../config/check/problems.js'
import { parseConfigFile } from '../../config/files/config-file.js'
import type { ConfigModel } from '../../config/schema/model.js'
import { runFolder } from '../../control/run-folder.js'
import { journalOf } from '../../control/run-lock.js'
import type { TunnelConfig } from '../../core/api/config.js'

/** A file's tunnel. */
export interface TunnelFile {
  readonly model: ConfigModel
  readonly config: TunnelConfig
  /** What is odd in the file, a line each. */
  readonly remarks: readonly string[]
}

/**
 * Reads a file and what it names.
 *
 * @throws ConfigError if one of them cannot be read, or the file is wrong.
 */
export function readTunnelFile(path: string): TunnelFile {
  const { model, config, remarks } = configure(parseConfigFile(path).parsed, {
    name: path,
    publicKeyOf,
    files: filesBeside(path),
    deviceName: deviceNameOf(path),
    takesFreePort: true,
  })
  const journal = journalOf(path, runFolder(process.env))
  return {
    model,
    config: { ...config, journal },
    remarks: remarks.map((problem) => located(path, problem)),
  }
}

/** Reads the files that the one at `path` names. */
export function filesBeside(path: string): Files {
  return filesOf({ folder: dirname(path), readKey: readKeyFile, environment: process.env })
}
