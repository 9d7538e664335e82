import type { PartTraits } from '../../core/plugin/part-traits.js'
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
export function modelOf(
  source: string,
  parsed: Parsed,
  publicKeyOf: PublicKeyOf,
  traits: PartTraits,
): ReadConfig {
  const model = validModel(source, parsed)
  return { model, remarks: checkWhole(source, parsed, model, { publicKeyOf, traits }) }
}

/**
 * The model of what was parsed, each value of which is right by itself. It tells which plugins there are to know more of.
 *
 * @throws ConfigFileError that tells every value that is wrong.
 */
export function validModel(
  source: string,
  { dialect, lineOf, problems, raw, schema, textOf }: Parsed,
): AnyModel {
  const model = validate(schema, raw, dialect, lineOf, textOf)
  if (!('peers' in model)) throw new ConfigFileError(source, [...problems, ...model])
  if (problems.length > 0) throw new ConfigFileError(source, problems)
  return model
}

/** What values are checked together by. */
export interface Known {
  readonly publicKeyOf: PublicKeyOf
  readonly traits: PartTraits
  /** What is wrong beside it. */
  readonly further?: readonly Problem[]
}

/**
 * Checks the values of a model together, by what is known of the parts that it names.
 *
 * @returns what is odd.
 * @throws ConfigFileError that tells everything that is wrong.
 */
export function checkWhole(
  source: string,
  parsed: Parsed,
  model: AnyModel,
  { further = [], publicKeyOf, traits }: Known,
): readonly Problem[] {
  const { problems, remarks } = checkModel(model, parsed.dialect, parsed.lineOf, publicKeyOf, traits)
  const all = [...problems, ...further]
  if (all.length > 0) throw new ConfigFileError(source, all)
  return [...(parsed.remarks ?? []), ...remarks]
}
