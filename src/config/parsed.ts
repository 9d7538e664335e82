import type { PublicKeyOf } from './check.js'
import { checkModel } from './check-model.js'
import type { ConfigModel, FileSchema } from './model.js'
import { ConfigFileError, type Dialect, type Problem } from './problems.js'
import { type LineOf, validate } from './validate.js'

/** A file's text taken apart, nothing of it checked yet but the names of its keys. */
export interface Parsed {
  readonly schema: FileSchema
  /** As a TOML file would say it. */
  readonly raw: unknown
  readonly dialect: Dialect
  readonly lineOf: LineOf
  readonly problems: readonly Problem[]
}

/** A file's content that can be used. */
export interface ReadConfig {
  readonly model: ConfigModel
  /** What works and is likely not meant. */
  readonly remarks: readonly Problem[]
}

/**
 * The model of what was parsed.
 *
 * @throws ConfigFileError that tells everything that is wrong.
 */
export function modelOf(file: string, parsed: Parsed, publicKeyOf: PublicKeyOf): ReadConfig {
  const { schema, raw, dialect, lineOf } = parsed
  const model = validate(schema, raw, dialect, lineOf)
  if (!('peers' in model)) throw new ConfigFileError(file, [...parsed.problems, ...model])
  if (parsed.problems.length > 0) throw new ConfigFileError(file, parsed.problems)
  const { problems, remarks } = checkModel(model, dialect, lineOf, publicKeyOf)
  if (problems.length > 0) throw new ConfigFileError(file, problems)
  return { model, remarks }
}
