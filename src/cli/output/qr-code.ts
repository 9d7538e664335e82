import { encode } from 'uqr'

/** Modules of white around a code, which readers need. ISO 18004 wants 4; they take 2. */
const BORDER = 2

/** Black on white whatever the terminal's colours are, since readers take it no other way. */
const COLOURS = '\x1b[30;107m'
const BLACK = '\x1b[40m'
const WHITE = '\x1b[107m'
const RESET = '\x1b[0m'

/** A QR code as lines for a terminal: two rows of modules in each, or one of coloured spaces if there are no signs but ASCII. */
export function qrCode(text: string, unicode = true): string {
  const { data } = encode(text, { ecc: 'L', border: BORDER })
  if (!unicode) {
    const rows = data.map((row) => row.map((dark) => `${dark ? BLACK : WHITE}  `).join(''))
    return rows.map((row) => `${row}${RESET}\n`).join('')
  }
  const lines: string[] = []
  for (let row = 0; row < data.length; row += 2) {
    const cells = data[row]!.map((dark, column) => half(dark, data[row + 1]?.[column] ?? false))
    lines.push(`${COLOURS}${cells.join('')}${RESET}\n`)
  }
  return lines.join('')
}

/** Two modules, one above the other. */
function half(upper: boolean, lower: boolean): string {
  if (upper) return lower ? '█' : '▀'
  return lower ? '▄' : ' '
}
