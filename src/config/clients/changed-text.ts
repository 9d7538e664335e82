import { isDeepStrictEqual } from 'node:util'
import { ConfigError } from '../../core/api/errors.js'
import type { PartTraits } from '../../core/plugin/part-traits.js'
import type { PublicKeyOf } from '../check/check.js'
import { modelOf, type Parsed } from '../check/parsed.js'
import type { ConfigFile } from '../files/config-file.js'
import { parseText } from '../files/format.js'
import type { AnyModel, ConfigModel, InterfaceModel, PeerModel } from '../schema/model.js'
import { kebabName } from '../schema/names.js'
import { WG_QUICK_KEYS } from '../wg-quick/keys.js'
import { FileLines } from './file-lines.js'

/** A key of a peer, or of this end, and its value; undefined: it goes. */
export type Change =
  | {
      readonly table: 'peer'
      readonly index: number
      readonly key: keyof PeerModel
      readonly value: string | true | undefined
    }
  | {
      readonly table: 'interface'
      readonly index: 0
      readonly key: keyof InterfaceModel
      readonly value: true
    }

/**
 * A file's text with keys of other values; all else of it stays as it is.
 *
 * @throws ConfigError if the format has no such key, or the text is written so that only its author can change it.
 */
export function changedText(
  file: ConfigFile,
  changes: readonly Change[],
  publicKeyOf: PublicKeyOf,
  traits: PartTraits,
): string {
  let { text } = file
  let expected: ConfigModel = file.model
  for (const { index, key, table, value } of changes) {
    const lines = linesOf(file, text)
    const written =
      typeof value === 'string' ? lines.textOf(value) : value === undefined ? value : String(value)
    lines.set(table, index, { key: keyIn(file, table, key), value: written })
    text = lines.text
    expected =
      table === 'peer'
        ? {
            ...expected,
            peers: expected.peers.map((peer, at) => (at === index ? withKey(peer, key, value) : peer)),
          }
        : { ...expected, interface: withKey(expected.interface, key, value) }
  }
  return asExpected(file, text, expected, publicKeyOf, traits)
}

/** A file's text without a peer. @throws ConfigError as `changedText`. */
export function textWithout(
  file: ConfigFile,
  index: number,
  publicKeyOf: PublicKeyOf,
  traits: PartTraits,
): string {
  const lines = linesOf(file, file.text)
  lines.remove('peer', index)
  const expected = { ...file.model, peers: file.model.peers.filter((_, at) => at !== index) }
  return asExpected(file, lines.text, expected, publicKeyOf, traits)
}

function linesOf(file: ConfigFile, text: string): FileLines {
  const lines = new FileLines(file.format, text)
  if (lines.count('peer') === file.model.peers.length && lines.count('interface') === 1) return lines
  throw byHand(file)
}

/** The key of a model as the file's format writes it. */
function keyIn({ format, path }: ConfigFile, table: 'peer' | 'interface', key: string): string {
  const name = kebabName(key)
  if (format === 'toml') return name
  const known = WG_QUICK_KEYS[table === 'peer' ? 'Peer' : 'Interface'].find((one) => one.key === name)
  if (known !== undefined) return known.name
  throw new ConfigError(
    `Cannot change ${path}: files of wg-quick have nothing that means '${name}'; "qanat convert ${path}" makes a TOML file of it`,
    { code: 'ERR_CONFIG_VALUE' },
  )
}

function withKey<Table extends object>(table: Table, key: string, value: unknown): Table {
  const { [key as keyof Table]: _, ...rest } = table
  return (value === undefined ? rest : { ...rest, [key]: value }) as Table
}

function asExpected(
  file: ConfigFile,
  text: string,
  expected: AnyModel,
  publicKeyOf: PublicKeyOf,
  traits: PartTraits,
): string {
  const parsed = parsedAs(file, text)
  const { model } = modelOf(file.path, parsed, publicKeyOf, traits)
  if (!isDeepStrictEqual(plain(model), plain(expected))) throw byHand(file)
  return text
}

/** @throws ConfigError if it is no text of that format any more. */
function parsedAs(file: ConfigFile, text: string): Parsed {
  try {
    return parseText(file.format, file.path, text)
  } catch {
    throw byHand(file)
  }
}

function plain(model: AnyModel): unknown {
  return JSON.parse(JSON.stringify(model))
}

function byHand({ path }: ConfigFile): ConfigError {
  const why = 'its peers are no tables [[peer]] with a key in each line: change it by hand'
  return new ConfigError(`Cannot change ${path}: ${why}`, { code: 'ERR_CONFIG_VALUE' })
}
