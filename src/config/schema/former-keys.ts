/**
 * Keys that had another name in version 0.1, by table: what they are called now. The former names work in version 0.2, with
 * a warning.
 */
export const FORMER_KEYS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  streams: {
    'max-unproven': 'max-unauthenticated',
    'max-unproven-per-address': 'max-unauthenticated-per-address',
    'unproven-timeout': 'unauthenticated-timeout',
  },
  websocket: { site: 'document-root' },
}

/** What a key of a table is called now; undefined if that is no former name. */
export function newName(table: string, key: string): string | undefined {
  const keys = Object.hasOwn(FORMER_KEYS, table) ? FORMER_KEYS[table]! : {}
  return Object.hasOwn(keys, key) ? keys[key] : undefined
}
