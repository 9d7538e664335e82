/** Names of causes of drops up to version 0.1, by what they are called since. Version 0.3 leaves them out. */
const FORMER: Readonly<Record<string, string>> = {
  authFailed: 'unauthentic',
  unauthenticated: 'unproven',
  unknownSource: 'stranger',
}

/**
 * Counts of drops, such as `{ 'cipher.authFailed': 2 }`, with each also under the name that it had in version 0.1, for
 * scripts that read `qanat status --json`.
 */
export function withFormerNames(drops: Readonly<Record<string, number>>): Record<string, number> {
  const all: Record<string, number> = { ...drops }
  for (const [name, count] of Object.entries(drops)) {
    const at = name.lastIndexOf('.') + 1
    const former = FORMER[name.slice(at)]
    if (former !== undefined) all[name.slice(0, at) + former] = count
  }
  return all
}
