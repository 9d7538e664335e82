/** What stands for a sign of ours where there is ASCII alone, each as wide as the sign. */
const STAND_INS: Readonly<Record<string, string>> = { '–': '-', '─': '-', '…': '~' }
type Environment = Readonly<Record<string, string | undefined>>

/** Whether the locale has more than ASCII: the first of three variables that is set decides. POSIX.1-2017, section 8.2 */
export function hasUnicode({ LANG, LC_ALL, LC_CTYPE }: Environment): boolean {
  return /utf-?8/i.test([LC_ALL, LC_CTYPE, LANG].find((one) => one !== undefined && one !== '') ?? '')
}

/** A text that the locale can show; in columns it stays as wide. */
export function shownIn(env: Environment, text: string): string {
  return hasUnicode(env) ? text : text.replace(/[^\0-\x7f]/gu, (one) => STAND_INS[one] ?? '?')
}
