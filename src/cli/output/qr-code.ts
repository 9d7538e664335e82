import { encode } from 'uqr'

/** Modules of white around a code, which readers need. ISO 18004 wants 4; they take 2. */
const BORDER = 2

/** Black on white whatever the terminal's colours are, since readers take it no other way. */
const COLOURS = '\x1b[30;107m'
const RESET = '\x1b[0m'

/** A QR code as lines for a terminal, two rows of modules in each. */
export function qrCode(text: string): string {
  const { data, size } = encode(text, { ecc: 'L', border: BORDER })
  const lines: string[] = []
  for (let row = 0; row < size; row += 2) {
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
