import { EXIT_CODES } from '../output/exit-codes.js'
import { ENVIRONMENT } from './environment.js'

/** What closes the program's own `--help`. */
export const REFERENCES = `
A key on the command line (-k) is visible to every user of the host: prefer --key-file or QANAT_KEY.

Environment:
${rows(ENVIRONMENT)}

Exit codes:
${rows(EXIT_CODES.map(([code, meaning]) => [String(code), meaning]))}
`

function rows(items: readonly (readonly [string, string])[]): string {
  const width = Math.max(...items.map(([name]) => name.length))
  return items.map(([name, meaning]) => `  ${name.padEnd(width)}  ${meaning}`).join('\n')
}
