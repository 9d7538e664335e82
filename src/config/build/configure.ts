import type { TunnelConfig } from '../../core/api/config.js'
import type { PartTraits } from '../../core/plugin/part-traits.js'
import type { NamedPlugin } from '../../core/settings/plugin-options.js'
import type { PublicKeyOf } from '../check/check.js'
import { checkWhole, type Parsed, type ReadConfig, validModel } from '../check/parsed.js'
import { located, type Path, type Problem } from '../check/problems.js'
import type { AnyModel } from '../schema/model.js'
import type { Admit } from '../trust/place.js'
import { remarkOn } from '../trust/readers.js'
import { type CertificateFiles, certificateFiles } from './certificate-files.js'
import { type FilePlace, filesOf } from './files.js'
import { optionFaults, pathOf, pluginsOf, readOptions } from './plugin-options.js'
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
  readonly certificates: CertificateFiles
}

/** A configuration whose values are right by themselves, and that may ask for what it asks for. */
export interface Admitted<Whole = Configured> {
  readonly model: AnyModel
  /** The plugins that it names, as they are loaded. More is known of its parts once they are. */
  readonly plugins: readonly NamedPlugin[]
  /**
   * The whole, by what is known of the parts that it names.
   *
   * @throws ConfigError that tells everything that is wrong, or names the file that cannot be read.
   */
  readonly whole: (traits: PartTraits) => Whole
}

/**
 * The one way from what a command line, a file or a program says to what a tunnel is made of. First each value is
 * validated, and what it asks for is compared with what it may do. Then, once its plugins are loaded, all values are checked
 * together, and the tunnel's configuration is built, for which the files that it names are read.
 *
 * @throws ConfigError that tells every value that is wrong, or what it may not ask for.
 */
export function admit(parsed: Parsed, source: Source): Admitted {
  const model = validModel(source.name, parsed)
  const admission = source.admit(model)
  const files = filesOf(source, admission)
  const describe = (path: Path) =>
    located(source.name, { line: parsed.lineOf(path), text: parsed.dialect.describe(path) })
  const whole = (traits: PartTraits): Configured => {
    const said = readOptions(model, files)
    const further = optionFaults(said, traits).map((fault) => ({
      line: parsed.lineOf(pathOf(fault, model)),
      text: fault.text,
    }))
    const remarks = checkWhole(source.name, parsed, model, { ...source, traits, further })
    const ofFiles: Problem[] = []
    const config = toTunnelConfig(model, {
      ...{ ...source, files, describe, traits, pluginOptions: said.options, now: Date.now() },
      remark: (path, text) => ofFiles.push({ line: parsed.lineOf(path), text }),
    })
    const odd = [...admission.remarks, ...remarkOn(admission.readers)].map((text) => ({
      line: undefined,
      text,
    }))
    return {
      model,
      remarks: [...remarks, ...ofFiles, ...odd],
      config: { ...config, hooksAs: admission.hooksAs },
      certificates: certificateFiles(model.tls, { source, admission, describe }),
    }
  }
  return { model, plugins: pluginsOf(model, files), whole }
}
