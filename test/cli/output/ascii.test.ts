import { describe, expect, it } from 'vitest'
import { hasUnicode, shownIn } from '../../../src/cli/output/ascii.js'
import { qrCode } from '../../../src/cli/output/qr-code.js'

describe('a locale', () => {
  it.each([
    [{}, false],
    [{ LANG: 'C' }, false],
    [{ LANG: 'en_GB.ISO-8859-1' }, false],
    [{ LANG: 'de_DE.UTF-8' }, true],
    [{ LANG: 'C.utf8', LC_ALL: '' }, true],
    [{ LANG: 'de_DE.UTF-8', LC_ALL: 'C' }, false],
    [{ LANG: 'de_DE.UTF-8', LC_CTYPE: 'POSIX' }, false],
    [{ LC_CTYPE: 'POSIX', LC_ALL: 'en_US.UTF-8' }, true],
  ])('%j has more than ASCII: %s', (env, expected) => {
    expect(hasUnicode(env)).toBe(expected)
  })

  it('without Unicode shows a text in ASCII, as wide as it was', () => {
    const text = 'aWDh1QUAqSMu…  ────  – Jürgen 🐫'
    expect(shownIn({ LANG: 'C' }, text)).toBe('aWDh1QUAqSMu~  ----  - J?rgen ?')
    expect(shownIn({ LANG: 'C.UTF-8' }, text)).toBe(text)
  })

  it('without Unicode has QR codes of coloured spaces, with the same modules', () => {
    const plain = qrCode('[Interface]', false)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal
    expect(plain).toMatch(/^(\x1b\[(40|107)m {2}|\x1b\[0m|\n)+$/)
    const rows = plain.trimEnd().split('\n')
    const halves = qrCode('[Interface]').trimEnd().split('\n')
    for (const [row, line] of rows.entries()) {
      const dark = [...line.matchAll(/\[(40|107)m/g)].map(([, colour]) => colour === '40')
      const cells = halves[Math.floor(row / 2)]!.replace(/^[^m]*m|.\[0m$/g, '')
      const signs = [...cells]
      const wanted = row % 2 === 0 ? ['█', '▀'] : ['█', '▄']
      expect(dark).toEqual(signs.map((sign) => wanted.includes(sign)))
    }
  })
})
