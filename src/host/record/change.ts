import { normalize } from 'node:path'
import { INTERFACE_NAME } from '../../core/settings/interface-name.js'
import { NAMESPACE_NAME } from '../../core/settings/namespace-name.js'
import type { MarkRule, UserRule } from '../../native/netlink/rule.js'
import { isBackupName } from '../files/backup.js'

/** The first routing table that a tunnel may take; wg-quick, too, begins there. */
export const FIRST_TABLE = 51_820

/**
 * A change of the host, with what is needed to undo it, also by another process. A tunnel that dropped root can still
 * write its journal, so that nothing in it makes root do more than restore a network: no command and no file of
 * choice.
 */
export type Change =
  /** A mark that nobody else is to choose. */
  | { readonly kind: 'mark'; readonly mark: number }
  /** The routes of a table that this program made, all of them. */
  | { readonly kind: 'table'; readonly family: 4 | 6; readonly table: number }
  /** A routing rule that leads all but the packets of a mark to a table. */
  | ({ readonly kind: 'rule' } & MarkRule)
  /** A routing rule of a program up to 0.2.0: the words behind `ip rule add`. */
  | { readonly kind: 'worded-rule'; readonly family: 4 | 6; readonly words: readonly string[] }
  /** A table of nftables, of the family inet; by iptables chains of that name and a letter each. */
  | { readonly kind: 'firewall'; readonly table: string; readonly by?: 'iptables' }
  /** A file below /proc/sys/net. It is restored only while it holds `after`, if that is not null. */
  | {
      readonly kind: 'setting'
      readonly path: string
      readonly before: string
      readonly after: string | null
    }
  /** The file that names the name servers; `before` is null if there was none. `backup` is the name of its copy on the disk. */
  | {
      readonly kind: 'name-servers'
      readonly before: string | null
      readonly after: string
      readonly backup?: string
    }
  /** What the program resolvconf was told, and what the file that it makes said before. Programs up to 0.2.0 noted neither. */
  | {
      readonly kind: 'resolvconf'
      readonly record: string
      readonly before?: string
      readonly servers?: readonly string[]
    }
  /** A routing rule that leads the packets of a user past the tunnel; the user is one of this tunnel's programs alone. */
  | ({ readonly kind: 'user-rule' } & UserRule)
  /** A group of cgroup v2 with programs of the tunnel, by its folder. */
  | { readonly kind: 'cgroup'; readonly path: string }
  /** A folder of the files of a network namespace, which was not there before. */
  | { readonly kind: 'folder'; readonly path: string }
  /** The user's commands of that name, which belong to the end. The file of the tunnel tells them. */
  | { readonly kind: 'hooks'; readonly name: 'PreDown' | 'PostDown'; readonly device: string }

/** Users that systemd gives to services for as long as they run, of whom no program else knows. systemd's docs/UIDS-GIDS.md */
export const FIRST_CHILD_USER = 61_184
export const LAST_CHILD_USER = 65_519

/** Whether a user may be one of a tunnel's programs alone. */
export function isChildUser(user: number): boolean {
  return Number.isInteger(user) && user >= FIRST_CHILD_USER && user <= LAST_CHILD_USER
}

/** Where cgroup v2 is mounted: the program `nft` looks nowhere else. */
export const CGROUPS = '/sys/fs/cgroup'
/** The folder of a group that this program made. */
const CHILD_GROUP = /^\/sys\/fs\/cgroup\/(?:[!-~]+\/)?qanat-[0-9a-f]{8}$/

type Fields<Kind extends Change['kind']> = {
  readonly [Name in keyof Extract<Change, { kind: Kind }>]?: unknown
}

const WORD = /^[a-z0-9_]{1,24}$/
const NUMBER = /^-?\d{1,10}$/

/** Whether the fields of a change are what they are said to be. */
const CHECKS: { readonly [Kind in Change['kind']]: (fields: Fields<Kind>) => boolean } = {
  mark: ({ mark }) => isNumber(mark),
  table: ({ family, table }) => isFamily(family) && isOwnTable(table),
  rule: ({ family, priority, mark, table }) =>
    isFamily(family) && isNumber(priority) && isNumber(mark) && isOwnTable(table),
  'worded-rule': ({ family, words }) =>
    isFamily(family) && Array.isArray(words) && words.every((word) => matches(WORD, word)),
  firewall: ({ by, table }) =>
    (by === undefined || by === 'iptables') &&
    matches(/^qanat-/, table) &&
    matches(INTERFACE_NAME, String(table).slice('qanat-'.length)),
  setting: ({ path, before, after }) =>
    isSettingOfNetwork(path) && matches(NUMBER, before) && (after === null || matches(NUMBER, after)),
  'name-servers': ({ before, after, backup }) =>
    (before === null || typeof before === 'string') &&
    typeof after === 'string' &&
    (backup === undefined || isBackupName(backup)),
  resolvconf: ({ before, record, servers }) =>
    matches(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/, record) &&
    (before === undefined || typeof before === 'string') &&
    (servers === undefined || (Array.isArray(servers) && servers.every((one) => typeof one === 'string'))),
  'user-rule': ({ family, priority, user }) =>
    isFamily(family) && isNumber(priority) && typeof user === 'number' && isChildUser(user),
  cgroup: ({ path }) => matches(CHILD_GROUP, path) && normalize(String(path)) === path,
  folder: ({ path }) => isNamespaceFolder(path),
  hooks: ({ name, device }) => (name === 'PreDown' || name === 'PostDown') && matches(INTERFACE_NAME, device),
}

/** The filter, and the mark that it lets pass. */
export function belongsToKillSwitch({ kind }: Change): boolean {
  return kind === 'firewall' || kind === 'mark'
}

/** A change as a line of a journal; undefined if the text is not one, as a truncated line. */
export function parseChange(line: string): Change | undefined {
  try {
    const change = todays(JSON.parse(line) as { kind?: unknown } | null)
    if (change === null || !Object.hasOwn(CHECKS, String(change.kind))) return undefined
    const isRight = CHECKS[change.kind as Change['kind']] as (fields: object) => boolean
    return isRight(change) ? (change as Change) : undefined
  } catch {
    return undefined
  }
}

/** Programs up to 0.2.0 noted a rule by its words. */
function todays(change: { kind?: unknown } | null): { kind?: unknown } | null {
  return change?.kind === 'rule' && 'words' in change ? { ...change, kind: 'worded-rule' } : change
}

function isFamily(value: unknown): boolean {
  return value === 4 || value === 6
}

/** Linux counts priorities, marks and tables by 32 bits. */
function isNumber(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32
}

/** The kernel's own tables, and most that others use, have lower numbers. */
function isOwnTable(value: unknown): boolean {
  return isNumber(value) && (value as number) >= FIRST_TABLE
}

/** Where ip-netns(8) keeps files of namespaces, or those of one. */
function isNamespaceFolder(path: unknown): boolean {
  const [, name = 'all'] = /^\/etc\/netns(?:\/([^/]+))?$/.exec(String(path)) ?? [undefined, '/']
  return NAMESPACE_NAME.test(name)
}

function matches(pattern: RegExp, value: unknown): boolean {
  return typeof value === 'string' && pattern.test(value)
}

function isSettingOfNetwork(path: unknown): boolean {
  return matches(/^\/proc\/sys\/net\/ipv[46]\/[!-~]+$/, path) && normalize(String(path)) === path
}
