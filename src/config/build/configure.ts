import type { TunnelConfig } from '../../core/api/config.js'
import type { PublicKeyOf } from '../check/check.js'
import { modelOf, type Parsed, type ReadConfig } from '../check/parsed.js'
import { located, type Path } from '../check/problems.js'
import type { Admit } from '../trust/place.js'
import { remarkOn } from '../trust/readers.js'
import { type FilePlace, filesOf } from './files.js'
import { type Surroundings, toTunnelConfig } from './to-tunnel-config.js'

/** Where a configuration comes from. */
export interface Source extends FilePlace, Pick<Surroundings, 'deviceName' | 'takesFreePort'> {
  /** What errors call it: the path of a file, or such as "the command line". */
  readonly name: string
  readonly publicKeyOf: PublicKeyOf
  readonly admit: Admit
}

/** A configuration that was read, and what its tunnel is made of. */
export interface Configured extends ReadConfig {
  readonly config: TunnelConfig
}

/**
 * The one way from what a command line, a file or a program says to what a tunnel is made of: each value is validated,
 * all of them are checked together, what it asks for is compared with what it may do, and the tunnel's configuration is
 * built, for which the files that it names are read.
 *
 * @throws ConfigError that tells everything that is wrong, or names the file that cannot be read.
 */
export function configure(parsed: Parsed, source: Source): Configured {
  const { model, remarks } = modelOf(source.name, parsed, source.publicKeyOf)
  const admission = source.admit(model)
  const describe = (path: Path) =>
    located(source.name, { line: parsed.lineOf(path), text: parsed.dialect.describe(path) })
  const config = toTunnelConfig(model, { ...source, files: filesOf(source, admission), describe })
  const odd = [...admission.remarks, ...remarkOn(admission.readers)].map((text) => ({
    line: undefined,
    text,
  }))
  return { model, remarks: [...remarks, ...odd], config: { ...config, hooksAs: admission.hooksAs } }
}
