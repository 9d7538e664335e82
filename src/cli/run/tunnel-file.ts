import { dirname, resolve } from 'node:path'
import { BUILT_IN_TRAITS } from '../../app/builtins.js'
import { publicKeyOf } from '../../ciphers/keys/keys.js'
import type { CertificateFiles } from '../../config/build/certificate-files.js'
import { type Admitted, admit } from '../../config/build/configure.js'
import { deviceNameOf } from '../../config/build/device-name.js'
import { filesOf } from '../../config/build/files.js'
import type { Files } from '../../config/build/transport-settings.js'
import { located } from '../../config/check/problems.js'
import { type ConfigFile, parseConfigFile } from '../../config/files/config-file.js'
import type { ConfigModel } from '../../config/schema/model.js'
import type { Asker } from '../../config/trust/asker.js'
import { admitFile } from '../../config/trust/place.js'
import { type ReadFile, readFile } from '../../config/trust/read-file.js'
import { runFolder } from '../../control/run-folder.js'
import { journalOf } from '../../control/run-lock.js'
import type { TunnelConfig } from '../../core/api/config.js'
import { showBare } from '../../core/api/redact.js'
import type { PartTraits } from '../../core/plugin/part-traits.js'
import type { NamedGroup } from '../group/control-group.js'
import { askerOf } from './asker.js'

/** A file's tunnel. */
export interface TunnelFile {
  readonly model: ConfigModel
  readonly config: TunnelConfig & { readonly journal: string }
  /** What is odd in the file, a line each. */
  readonly remarks: readonly string[]
  readonly certificates: CertificateFiles
  /** Whose members may control the tunnel. */
  readonly controlGroup: NamedGroup | undefined
}

/**
 * Reads a file whose plugins are loaded before the whole of it is read.
 *
 * @throws ConfigError if it cannot be read, a value of it is wrong, or it asks for more than it may do.
 */
export function admitTunnelFile(
  path: string,
  asker: Asker = askerOf(),
  read: ReadFile = readFile,
): Admitted<TunnelFile> {
  const { format, parsed, way } = parseConfigFile(path, read)
  const admitted = admit(parsed, {
    name: path,
    publicKeyOf,
    ...placeOf(path, read),
    admit: (model) => admitFile(path, way, model, asker),
    deviceName: deviceNameOf(path),
    takesFreePort: true,
  })
  const journal = journalOf(path, runFolder(process.env))
  const named = (wanted: string | undefined): NamedGroup | undefined => {
    const key = ['interface', 'control-group']
    return wanted === undefined
      ? undefined
      : { wanted, file: path, line: parsed.lineOf(key), key: parsed.dialect.describe(key) }
  }
  const whole = (traits: PartTraits): TunnelFile => {
    const { certificates, model, config, remarks } = admitted.whole(traits)
    if (format === 'wg-quick') showEndpointsBare(config)
    return {
      model,
      config: { ...config, file: resolve(path), journal },
      remarks: remarks.map((problem) => located(path, problem)),
      certificates,
      controlGroup: named(model.interface.controlGroup),
    }
  }
  return { ...admitted, whole }
}

/**
 * Reads a file and what it names, as far as it may be read for whoever can write it. No plugin is loaded: what only one
 * knows is left unchecked.
 *
 * @throws ConfigError if one of them cannot be read, or the file is wrong or asks for more than it may do.
 */
export function readTunnelFile(
  path: string,
  asker: Asker = askerOf(),
  read: ReadFile = readFile,
): TunnelFile {
  return admitTunnelFile(path, asker, read).whole(BUILT_IN_TRAITS)
}

/** As a wg-quick file has them: `HOST:PORT` stands for UDP there. */
function showEndpointsBare({ peers }: TunnelConfig): void {
  const endpoints = peers.flatMap(({ endpoints }) => endpoints)
  for (const endpoint of endpoints) if (endpoint.protocol === 'udp:') showBare(endpoint)
}

/** Reads the files that another one names. */
export function filesBeside({ admission, path }: ConfigFile): Files {
  return filesOf(placeOf(path, readFile), admission)
}

function placeOf(path: string, read: ReadFile) {
  return { folder: dirname(path), read, environment: process.env }
}
