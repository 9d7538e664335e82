/** A value that a plugin has somewhere, as messages show it. */
export function shown(value: unknown): string {
  return JSON.stringify(value) ?? String(value)
}
