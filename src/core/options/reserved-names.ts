/** Names that objects have of their own in JavaScript. Tables of a configuration are read without them. */
const RESERVED: readonly string[] = ['__proto__', 'constructor', 'prototype']

/** Whether nothing that users name in a table may have this name. */
export function isReservedName(name: string): boolean {
  return RESERVED.includes(name)
}
