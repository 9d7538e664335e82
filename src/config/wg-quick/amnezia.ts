/** What AmneziaWG adds to WireGuard's files, to make its packets look like something else. amneziawg-tools, config.c */
const KEYS = /^(Jc|Jmin|Jmax|[SHIJ][1-9]|Itime|AdvancedSecurity)$/i

/** Whether a key is one of AmneziaWG. */
export function isAmnezias(name: string): boolean {
  return KEYS.test(name)
}

/** What to say of all of them together: `first` is the first of `count`. */
export function amneziasKeys(first: string, count: number): string {
  const which =
    count === 1
      ? `'${first}' belongs`
      : `'${first}' and ${count - 1} more ${count === 2 ? 'key' : 'keys'} belong`
  return `${which} to AmneziaWG, which disguises WireGuard's packets; this version does not speak it, so ask for a file of plain WireGuard`
}
