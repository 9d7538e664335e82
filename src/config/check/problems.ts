import { ConfigError } from '../../core/api/errors.js'
import { hint } from './suggest.js'

/** Something that is wrong in a file. */
export interface Problem {
  /** Counted from 1; undefined if it is no line's fault. */
  readonly line: number | undefined
  /** What stands there and what is allowed, without a full stop. Never a key. */
  readonly text: string
}

/** Leads from the whole file to a value: names of keys, and numbers of items from 0. */
export type Path = readonly (string | number)[]

/** How a kind of file calls what lies at a path. */
export interface Dialect {
  /** Such as `'mtu' in [interface]`; of an item of a list, its list. */
  describe(path: Path): string
  /** What it allows at a path; undefined if that is what the schema says. */
  allowed?(path: Path): string | undefined
  /** Whether an end may start without its private key, and wait for one. */
  readonly keyMayFollow?: boolean
}

/** A file that cannot be used; its message has one line for each thing that is wrong. */
export class ConfigFileError extends ConfigError {
  readonly problems: readonly Problem[]

  constructor(file: string, problems: readonly Problem[]) {
    const sorted = [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
    super(sorted.map((problem) => `Cannot use ${located(file, problem)}`).join('\n'), {
      code: 'ERR_CONFIG_VALUE',
    })
    this.problems = sorted
  }
}

/** A problem or a remark with its file and line. */
export function located(file: string, { line, text }: Problem): string {
  return `${line === undefined ? file : `${file}:${line}`}: ${text}`
}

/** Characters. A longer name may be a secret that lost its place. */
const LONGEST_NAME = 30
/** What no name has, and a URL, or a user and a password, do. */
const SIGN_OF_URL = /[:@?]/

/** A name that nothing is known of, as a message can hold it. */
export function nameShown(name: string): string {
  return name.length > LONGEST_NAME || SIGN_OF_URL.test(name)
    ? `of ${name.length} characters`
    : `'${shortened(name)}'`
}

/** The text of a problem with a key that nothing is known of. `elsewhere` maps keys to the tables they belong in. */
export function unknownKey(
  key: string,
  table: string,
  known: readonly string[],
  elsewhere: ReadonlyMap<string, string>,
): string {
  const start = `unknown key ${nameShown(key)} ${table}`
  const home = elsewhere.get(key)
  if (home !== undefined) return `${start}; it belongs ${home}`
  return `${start}; ${hint(key, known)}`
}

/** Characters of a value that are shown. */
const SHOWN = 60

/** A text that a message can hold: one line, and not a long one. */
export function shortened(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?')
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line
}
