/** One word for a shell, whatever it holds. For bash, zsh and, but for backslashes, fish. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
