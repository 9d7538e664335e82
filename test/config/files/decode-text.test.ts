import { describe, expect, it } from 'vitest'
import { decodeText } from '../../../src/config/files/decode-text.js'

const TEXT = '[Interface]\n# Büro \u{1f511}\n'
const little = Buffer.from(`\uFEFF${TEXT}`, 'utf16le')

describe('decodeText', () => {
  it.each([
    ['UTF-8', Buffer.from(TEXT)],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${TEXT}`)],
    ['UTF-16, little end first', little],
    ['UTF-16, big end first', Buffer.from(little).swap16()],
  ])('takes %s', (_encoding, bytes) => {
    expect(decodeText(bytes)).toEqual({ text: TEXT, isUnicode: true })
  })

  it('tells that other bytes are no text of Unicode', () => {
    expect(decodeText(Buffer.from('B\xfcro', 'latin1'))).toEqual({ text: 'Büro', isUnicode: false })
  })
})
