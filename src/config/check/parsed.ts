import type { AnyModel, FileSchema } from '../schema/model.js'
import type { PublicKeyOf } from './check.js'
import { checkModel } from './check-model.js'
import { ConfigFileError, type Dialect, type Problem } from './problems.js'
import { type LineOf, type TextOf, validate } from './validate.js'

/**
 * A configuration taken apart, nothing of it checked yet but the names of its keys: what the command line, a file and
 * a program's object all become.
 */
export interface Parsed {
  readonly schema: FileSchema
  /** As a TOML file would say it. */
  readonly raw: unknown
  readonly dialect: Dialect
  readonly lineOf: LineOf
  readonly textOf?: TextOf
  readonly problems: readonly Problem[]
  /** What works and is likely not meant, such as deprecated keys. */
  readonly remarks?: readonly Problem[]
}

/** A configuration that can be used. */
export interface ReadConfig {
  readonly model: AnyModel
  /** What works and is likely not meant. */
  readonly remarks: readonly Problem[]
}

/**
 * The model of what was parsed: each value is validated by itself, then all of them are checked together.
 *
 * @param source What errors call it: the path of a file, or such as "the command line".
 * @throws ConfigFileError that tells everything that is wrong.
 */
export function modelOf(source: string, parsed: Parsed, publicKeyOf: PublicKeyOf): ReadConfig {
  const { dialect, lineOf, raw, schema } = parsed
  const model = validate(schema, raw, dialect, lineOf, parsed.textOf)
  if (!('peers' in model)) throw new ConfigFileError(source, [...parsed.problems, ...model])
  if (parsed.problems.length > 0) throw new ConfigFileError(source, parsed.problems)
  const { problems, remarks } = checkModel(model, dialect, lineOf, publicKeyOf)
  if (problems.length > 0) throw new ConfigFileError(source, problems)
  return { model, remarks: [...(parsed.remarks ?? []), ...remarks] }
}
