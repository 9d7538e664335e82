import { normalize } from 'node:path'
import { INTERFACE_NAME } from '../core/settings/interface-name.js'

/**
 * A change of the host, with what is needed to undo it, also by another process. A tunnel that dropped root can still
 * write its journal, so that nothing in it makes root do more than restore a network: no command and no file of
 * choice.
 */
export type Change =
  /** A routing rule: the words behind `ip rule add`. */
  | { readonly kind: 'rule'; readonly family: 4 | 6; readonly words: readonly string[] }
  /** A table of nftables, of the family inet. */
  | { readonly kind: 'firewall'; readonly table: string }
  /** A file below /proc/sys/net. It is restored only while it holds `after`, if that is not null. */
  | {
      readonly kind: 'setting'
      readonly path: string
      readonly before: string
      readonly after: string | null
    }
  /** The file that names the name servers; `before` is null if there was none. */
  | { readonly kind: 'name-servers'; readonly before: string | null; readonly after: string }
  /** What the program resolvconf was told. */
  | { readonly kind: 'resolvconf'; readonly record: string }
  /** The user's commands of that name, which belong to the end. The file of the tunnel tells them. */
  | { readonly kind: 'hooks'; readonly name: 'PreDown' | 'PostDown'; readonly device: string }

type Fields<Kind extends Change['kind']> = {
  readonly [Name in keyof Extract<Change, { kind: Kind }>]?: unknown
}

const WORD = /^[a-z0-9_]{1,24}$/
const NUMBER = /^-?\d{1,10}$/

/** Whether the fields of a change are what they are said to be. */
const CHECKS: { readonly [Kind in Change['kind']]: (fields: Fields<Kind>) => boolean } = {
  rule: ({ family, words }) =>
    (family === 4 || family === 6) && Array.isArray(words) && words.every((word) => matches(WORD, word)),
  firewall: ({ table }) =>
    matches(/^qanat-/, table) && matches(INTERFACE_NAME, String(table).slice('qanat-'.length)),
  setting: ({ path, before, after }) =>
    isSettingOfNetwork(path) && matches(NUMBER, before) && (after === null || matches(NUMBER, after)),
  'name-servers': ({ before, after }) =>
    (before === null || typeof before === 'string') && typeof after === 'string',
  resolvconf: ({ record }) => matches(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/, record),
  hooks: ({ name, device }) => (name === 'PreDown' || name === 'PostDown') && matches(INTERFACE_NAME, device),
}

/** A change as a line of a journal; undefined if the text is not one, as a truncated line. */
export function parseChange(line: string): Change | undefined {
  try {
    const change = JSON.parse(line) as { kind?: unknown } | null
    if (change === null || !Object.hasOwn(CHECKS, String(change.kind))) return undefined
    const isRight = CHECKS[change.kind as Change['kind']] as (fields: object) => boolean
    return isRight(change) ? (change as Change) : undefined
  } catch {
    return undefined
  }
}

function matches(pattern: RegExp, value: unknown): boolean {
  return typeof value === 'string' && pattern.test(value)
}

function isSettingOfNetwork(path: unknown): boolean {
  return matches(/^\/proc\/sys\/net\/ipv[46]\/./, path) && normalize(String(path)) === path
}
