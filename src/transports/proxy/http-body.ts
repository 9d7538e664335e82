import type { HttpAnswer } from './http-head.js'

/** The end of a chunk's size in hexadecimal, with what extends it. RFC 9112 section 7.1 */
const CHUNK_SIZE = /^([0-9a-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n/i
/** Bytes of a line with a chunk's size, and of what follows the last chunk. */
const MAX_LINE = 1024

/**
 * Where the body of a refusal ends within these bytes that begin with it; `more` if it does not yet, `unknown` if its head does
 * not tell, but for the end of the connection. RFC 9112 section 6.3
 */
export function endOfBody({ header, status }: HttpAnswer, bytes: Buffer): number | 'more' | 'unknown' {
  if (status === 204 || status === 304) return 0
  const codings = header('transfer-encoding')
  const lengths = new Set(header('content-length'))
  if (codings.length > 0) {
    return codings.length === 1 && codings[0]!.toLowerCase() === 'chunked' && lengths.size === 0
      ? endOfChunks(bytes)
      : 'unknown'
  }
  const [length = ''] = lengths
  if (lengths.size !== 1 || !/^\d{1,9}$/.test(length)) return 'unknown'
  return Number(length) <= bytes.length ? Number(length) : 'more'
}

function endOfChunks(bytes: Buffer): number | 'more' | 'unknown' {
  let at = 0
  for (;;) {
    const line = bytes.toString('latin1', at, at + MAX_LINE)
    const [whole, size] = CHUNK_SIZE.exec(line) ?? []
    if (whole === undefined) return line.includes('\n') || line.length === MAX_LINE ? 'unknown' : 'more'
    at += whole.length
    const length = Number.parseInt(size!, 16)
    if (length === 0) return endOfTrailers(bytes, at)
    at += length
    const end = bytes.toString('latin1', at, at + 2)
    if (end === '' || end === '\r') return 'more'
    if (end !== '\r\n') return 'unknown'
    at += end.length
  }
}

/** Lines up to an empty one. */
function endOfTrailers(bytes: Buffer, from: number): number | 'more' | 'unknown' {
  const text = bytes.toString('latin1', from, from + MAX_LINE)
  const blank = /^(?:[^\r\n]+\r?\n)*\r?\n/.exec(text)
  if (blank !== null) return from + blank[0].length
  return text.length === MAX_LINE ? 'unknown' : 'more'
}
