/** The byte order marks of encodings other than UTF-8. Unicode 16.0, section 23.8 */
const MARKS = [
  { encoding: 'utf-16le', mark: [0xff, 0xfe] },
  { encoding: 'utf-16be', mark: [0xfe, 0xff] },
] as const

/** A file's bytes as text. */
export interface Decoded {
  readonly text: string
  /** Whether the bytes are text in UTF-8 or in UTF-16; if not, each byte was taken for a character of ISO 8859-1. */
  readonly isUnicode: boolean
}

/** Decodes UTF-8, and UTF-16 that begins with a byte order mark, as Windows writes it. */
export function decodeText(bytes: Uint8Array): Decoded {
  const encoding = MARKS.find(({ mark }) => mark.every((byte, at) => bytes[at] === byte))?.encoding
  try {
    return { text: new TextDecoder(encoding ?? 'utf-8', { fatal: true }).decode(bytes), isUnicode: true }
  } catch {
    return { text: Buffer.from(bytes).toString('latin1'), isUnicode: false }
  }
}
