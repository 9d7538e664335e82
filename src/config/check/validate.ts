import * as v from 'valibot'
import { redactInput, redactText } from '../../core/api/redact.js'
import { isReservedName } from '../../core/options/reserved-names.js'
import type { AnyModel, FileSchema } from '../schema/model.js'
import { camelKeys } from '../schema/names.js'
import type { KeyNotes } from '../schema/values.js'
import { type Dialect, type Path, type Problem, shortened } from './problems.js'
import { isTable } from './table.js'

/** Where values stand in a file. */
export type LineOf = (path: Path) => number | undefined

/** What a file writes for a value; undefined if that is the value itself. */
export type TextOf = (path: Path) => string | undefined

/**
 * Checks each value by itself. Keys that the schema does not know are left to the reader of the file.
 *
 * @returns the model, or what is wrong.
 */
export function validate(
  schema: FileSchema,
  raw: unknown,
  dialect: Dialect,
  lineOf: LineOf,
  textOf: TextOf = () => undefined,
): AnyModel | readonly Problem[] {
  const result = v.safeParse(schema, raw)
  const unknown = reservedIn(raw, dialect, lineOf)
  if (result.success) {
    if (unknown.length > 0) return unknown
    const { plugin, ...others } = result.output
    const { peer = [], ...tables } = camelKeys(others)
    return { ...tables, ...(plugin !== undefined && { plugin }), peers: peer } // plugins keep their names
  }
  const wrong = result.issues.flatMap((issue) => {
    const path = (issue.path ?? []).map(({ key }) => key as string | number)
    if (issue.expected === 'never') return []
    return [{ line: lineOf(path), text: problemText(schema, issue, path, dialect, textOf(path)) }]
  })
  return [...unknown, ...wrong]
}

/** Names of plugins and of options that the schema of their tables skips, whatever they hold. */
function reservedIn(raw: unknown, dialect: Dialect, lineOf: LineOf): Problem[] {
  const tables = isTable(raw) && isTable(raw.plugin) ? Object.entries(raw.plugin) : []
  const problem = (path: Path, what: string) => ({
    line: lineOf(path),
    text: `${dialect.describe(path)} is unknown: no ${what} has that name`,
  })
  return tables.flatMap(([name, table]) => {
    if (isReservedName(name)) return [problem(['plugin', name], 'plugin')]
    const keys = isTable(table) ? Object.keys(table).filter(isReservedName) : []
    return keys.map((key) => problem(['plugin', name, key], 'option'))
  })
}

function problemText(
  schema: FileSchema,
  issue: v.BaseIssue<unknown>,
  path: Path,
  dialect: Dialect,
  written: string | undefined,
): string {
  const what = dialect.describe(path)
  if (issue.input === undefined) return `${what} is missing`
  const notes = notesAt(schema, path)
  const value = written ?? issue.input
  const shown = notes?.secret ? hidden(value) : shownValue(value, notes?.url)
  return `${what} is ${shown}; allowed: ${dialect.allowed?.(path) ?? issue.message}`
}

/** What the schema notes of the value at a path; of a list, what it notes of its items: one may stand in its place. */
function notesAt(schema: v.GenericSchema, path: Path): Partial<KeyNotes> | undefined {
  let at: v.GenericSchema | undefined = schema
  for (const step of path) {
    at = typeof step === 'number' ? itemOf(unwrapped(at)) : entriesOf(unwrapped(at))?.[step]
    if (at === undefined) return undefined
  }
  const value = itemOf(unwrapped(at)) ?? at
  return v.getMetadata(unwrapped(value) as Parameters<typeof v.getMetadata>[0]) as Partial<KeyNotes>
}

/** A schema without the words that make it optional. */
export function unwrapped(schema: v.GenericSchema): v.GenericSchema {
  return 'wrapped' in schema ? (schema.wrapped as v.GenericSchema) : schema
}

/** The keys of a table's schema. */
export function entriesOf(schema: v.GenericSchema): Record<string, v.GenericSchema> | undefined {
  return 'entries' in schema ? (schema.entries as Record<string, v.GenericSchema>) : undefined
}

/** The schema of a list's items. */
export function itemOf(schema: v.GenericSchema): v.GenericSchema | undefined {
  return 'item' in schema ? (schema.item as v.GenericSchema) : undefined
}

/** A key of 32 bytes in base64, within other text too: a key in the wrong place is never shown. */
const KEY = /[\w+/]{43}=/

/** @param isUrl Whether it is one by its place; a URL in another place is known by its scheme. */
function shownValue(value: unknown, isUrl = false): string {
  if (typeof value === 'string' && KEY.test(value)) return hidden(value)
  if (typeof value === 'string') return `'${shortened(isUrl ? redactInput(value) : redactText(value))}'`
  return Array.isArray(value)
    ? listShown(value)
    : shortened(typeof value === 'object' ? 'a table' : String(value))
}

/** A list, with what is amiss in one of texts: a number among them lacks its quotes. */
function listShown(items: readonly unknown[]): string {
  const item = items.findIndex((one) => typeof one === 'number' || typeof one === 'boolean')
  return item < 0 ? 'a list' : `a list whose item ${item + 1} is ${items[item]}, which is no text`
}

function hidden(value: unknown): string {
  return typeof value === 'string' ? `a text of ${value.length} characters` : shownValue(typeof value)
}
