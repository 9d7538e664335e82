import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ResponseParser } from '../../../../src/transports/http/posting/response-parser.js'
import type { HttpAnswer } from '../../../../src/transports/proxy/http-head.js'

const OK = 'HTTP/1.1 200 OK\r\n'
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`

const framing = fc.constantFrom('length', 'chunks', 'rest')
const bodies = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 20 })

describe('ResponseParser', () => {
  it('tells the same of an answer however it is framed and split', () => {
    fc.assert(
      fc.property(
        framing,
        bodies,
        fc.boolean(),
        fc.infiniteStream(fc.integer({ min: 1, max: 400 })),
        (...given) => {
          const [kind, pieces, hasInterim, lengths] = given
          const bytes = Buffer.concat(pieces)
          const interim = hasInterim ? 'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n' : ''
          const answer = Buffer.concat([Buffer.from(interim), ...framed(kind, pieces)])
          const { body, heads, parser } = parsed()
          for (let at = 0; at < answer.length; ) {
            const length = lengths.next().value
            parser.push(Buffer.from(answer.subarray(at, at + length)))
            at += length
          }
          if (kind === 'rest') {
            expect(parser.isWhole).toBe(false)
            parser.end()
          }
          expect(parser.bad).toBeUndefined()
          expect(parser.isWhole).toBe(true)
          expect(parser.isPersistent).toBe(kind !== 'rest')
          expect(heads.map(({ status }) => status)).toEqual([200])
          expect(Buffer.concat(body).equals(bytes)).toBe(true)
        },
      ),
    )
  })

  it('tells what of one read belongs together in one piece', () => {
    const { body, parser } = parsed()
    const chunk = `400\r\n${'a'.repeat(1024)}\r\n`
    parser.push(Buffer.from(CHUNKED + chunk.repeat(10)))
    expect(body.map(({ length }) => length)).toEqual([10_240])
  })

  it.each([
    { what: 'no HTTP', text: 'SSH-2.0-OpenSSH\r\n', why: /no status line/ },
    { what: 'a status that is none', text: 'HTTP/1.1 20 OK\r\n\r\n', why: /no status line/ },
    { what: 'another protocol', text: 'HTTP/1.1 101 Yes\r\nUpgrade: x\r\n\r\n', why: /switches protocols/ },
    {
      what: 'interim answers without end',
      text: 'HTTP/1.1 100 Go\r\n\r\n'.repeat(9),
      why: /8 interim answers/,
    },
    {
      what: 'two lengths',
      text: `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`,
      why: /Content-Length/,
    },
    { what: 'a length of no digits', text: `${OK}Content-Length: -1\r\n\r\n`, why: /Content-Length/ },
    {
      what: 'another coding',
      text: `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n`,
      why: /Transfer-Encoding/,
    },
    { what: 'a chunk without a size', text: `${CHUNKED};x\r\n`, why: /chunk size/ },
    { what: 'a size of nine digits', text: `${CHUNKED}000000001\r\n`, why: /chunk size/ },
    { what: 'no line behind a chunk', text: `${CHUNKED}1\r\nab\r\n`, why: /chunk end/ },
    { what: 'an extension without end', text: `${CHUNKED}1;${'x'.repeat(2_000)}`, why: /chunk extension/ },
    { what: 'trailers without end', text: `${CHUNKED}0\r\n${'x: y\r\n'.repeat(400)}`, why: /trailers/ },
    { what: 'headers without end', text: `${OK}${'x: y\r\n'.repeat(4_000)}`, why: /more than 16384 bytes/ },
  ])('takes $what for no answer, whatever it is split into', ({ text, why }) => {
    for (const length of [1, 7, text.length]) {
      const { body, parser } = parsed()
      for (let at = 0; at < text.length; at += length) parser.push(Buffer.from(text.slice(at, at + length)))
      expect(parser.bad?.text).toMatch(why)
      expect(parser.isWhole).toBe(false)
      expect(Buffer.concat(body).length).toBeLessThanOrEqual(1)
    }
  })

  it.each([
    { what: 'the server closes it', text: `${OK}Connection: close\r\nContent-Length: 0\r\n\r\n` },
    { what: 'it is of HTTP/1.0', text: 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n' },
    { what: 'something follows that nobody asked for', text: `${OK}Content-Length: 1\r\n\r\nab` },
    {
      what: 'it is framed in two ways',
      text: `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    },
  ])('has a connection not used again if $what', ({ text }) => {
    const { parser } = parsed()
    parser.push(Buffer.from(text))
    expect(parser.isWhole).toBe(true)
    expect(parser.isPersistent).toBe(false)
  })
})

function framed(kind: string, pieces: readonly Uint8Array[]): Uint8Array[] {
  const bytes = Buffer.concat(pieces)
  if (kind === 'length') return [Buffer.from(`${OK}Content-Length: ${bytes.length}\r\n\r\n`), bytes]
  if (kind === 'rest') return [Buffer.from(`${OK}\r\n`), bytes]
  const chunks = pieces.flatMap((piece, index) => [
    Buffer.from(`${piece.length.toString(16)}${index % 2 === 0 ? '' : '; a=b'}\r\n`),
    piece,
    Buffer.from('\r\n'),
  ])
  return [Buffer.from(CHUNKED), ...chunks, Buffer.from('0\r\nX: y\r\n\r\n')]
}

function parsed() {
  const heads: HttpAnswer[] = []
  const body: Uint8Array[] = []
  const user = {
    head: (answer: HttpAnswer) => heads.push(answer),
    body: (bytes: Uint8Array) => body.push(bytes),
  }
  const parser = new ResponseParser(user, 'the server')
  return { heads, body, parser }
}
