/** A change of the host, with all that is needed to undo it, also by another process. */
export type Change =
  /** A routing rule: the words behind `ip rule add`. */
  | { readonly kind: 'rule'; readonly family: 4 | 6; readonly words: readonly string[] }
  /** A table of nftables, of the family inet. */
  | { readonly kind: 'firewall'; readonly table: string }
  /** A file below /proc/sys. It is put back only while it holds `after`, where that is not null. */
  | {
      readonly kind: 'setting'
      readonly path: string
      readonly before: string
      readonly after: string | null
    }
  /** The file that names the name servers; `before` is null where there was none. */
  | {
      readonly kind: 'name-servers'
      readonly path: string
      readonly before: string | null
      readonly after: string
    }
  /** What the program resolvconf was told. */
  | { readonly kind: 'resolvconf'; readonly record: string }
  /** Commands of the user that belong to the end. */
  | { readonly kind: 'hooks'; readonly name: 'PreDown' | 'PostDown'; readonly commands: readonly string[] }

const KINDS: readonly string[] = [
  'rule',
  'firewall',
  'setting',
  'name-servers',
  'resolvconf',
  'hooks',
] satisfies Change['kind'][]

/** A change as a line of a journal; undefined where the text is none, as a line that was cut. */
export function parseChange(line: string): Change | undefined {
  try {
    const change = JSON.parse(line) as Partial<Change> | null
    return change !== null && KINDS.includes(String(change.kind)) ? (change as Change) : undefined
  } catch {
    return undefined
  }
}
