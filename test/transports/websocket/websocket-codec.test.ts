import { describe, expect, it } from 'vitest'
import { pattern, sameBytes } from '../../../src/conformance/kit/recorder.js'
import { CLOSE_CODE, OPCODE } from '../../../src/transports/websocket/frame-header.js'
import { WebSocketCodec } from '../../../src/transports/websocket/websocket-codec.js'

const [FINAL, NOT_FINAL] = [0x80, 0]

/** A frame of a server's, which does not mask; its length is said in the shortest way. */
function frame(first: number, payload: Uint8Array): Uint8Array {
  const { length } = payload
  if (length < 126) return Uint8Array.of(first, length, ...payload)
  if (length <= 0xffff) return Buffer.concat([Buffer.of(first, 126, length >> 8, length & 0xff), payload])
  const header = Buffer.alloc(10)
  header.set([first, 127])
  header.writeUInt32BE(length, 6)
  return Buffer.concat([header, payload])
}

/** A client that reads frames. */
function reader() {
  const codec = new WebSocketCodec(true)
  const datagrams: Uint8Array[] = []
  return {
    codec,
    datagrams,
    read(...frames: Uint8Array[]) {
      const bytes = new Uint8Array(Buffer.concat(frames))
      return codec.read(bytes, 0, bytes.length, datagrams)
    },
    /** The code that the connection is closed with, as the answer to it has it. */
    code() {
      const [, , ...mask] = codec.answers[0]!
      return ((mask[4]! ^ mask[0]!) << 8) | (mask[5]! ^ mask[1]!)
    },
  }
}

describe('WebSocketCodec', () => {
  it('takes messages of up to 65,535 bytes, also in up to 16 pieces', () => {
    const { codec, datagrams, read } = reader()
    const pieces = Array.from({ length: 16 }, (_, index) => pattern(4_095, index))
    read(
      frame(FINAL | OPCODE.binary, pattern(65_535, 1)),
      ...pieces.map((piece, index) =>
        frame(
          (index === 15 ? FINAL : NOT_FINAL) | (index === 0 ? OPCODE.binary : OPCODE.continuation),
          piece,
        ),
      ),
    )
    expect(datagrams.map(({ length }) => length)).toEqual([65_535, 16 * 4_095])
    expect(sameBytes(datagrams[0]!, pattern(65_535, 1))).toBe(true)
    expect(sameBytes(datagrams[1]!, Buffer.concat(pieces))).toBe(true)
    expect(codec.ended).toBeUndefined()
  })

  const most = new Uint8Array(65_535)
  it.each([
    ['a message of more than 65,535 bytes', [frame(FINAL | OPCODE.binary, new Uint8Array(65_536))], 'tooBig'],
    ['a frame that is masked', [Uint8Array.of(FINAL | OPCODE.binary, 0x81, 0, 0, 0, 0, 1)], 'protocol'],
    ['a reserved bit', [frame(FINAL | 0x40 | OPCODE.binary, pattern(1, 1))], 'protocol'],
    ['a control frame in pieces', [frame(NOT_FINAL | OPCODE.ping, pattern(1, 1))], 'protocol'],
    ['a control frame of 126 bytes', [frame(FINAL | OPCODE.ping, pattern(126, 1))], 'protocol'],
    ['a frame of an unknown type', [frame(FINAL | 3, pattern(1, 1))], 'protocol'],
    ['text', [frame(FINAL | OPCODE.text, pattern(1, 1))], 'unsupported'],
    ['a piece of no message', [frame(FINAL | OPCODE.continuation, pattern(1, 1))], 'protocol'],
    [
      'a message within another one',
      [frame(NOT_FINAL | OPCODE.binary, pattern(1, 1)), frame(FINAL | OPCODE.binary, pattern(1, 1))],
      'protocol',
    ],
    [
      'a message of 17 pieces',
      Array.from({ length: 17 }, (_, index) =>
        frame(index === 0 ? OPCODE.binary : index === 16 ? FINAL : NOT_FINAL, pattern(1, index)),
      ),
      'protocol',
    ],
    [
      'pieces of more than 65,535 bytes together',
      [frame(NOT_FINAL | OPCODE.binary, most), frame(FINAL | OPCODE.continuation, pattern(1, 1))],
      'protocol',
    ],
  ] as const)('ends at %s, hands on nothing of it and says so to the remote', (_what, frames, code) => {
    const { codec, datagrams, read, code: said } = reader()
    read(...frames, frame(FINAL | OPCODE.binary, pattern(1, 1)))
    expect(codec.ended).toMatch(/^it (sent|did not|set)/)
    expect(datagrams).toEqual([])
    expect(said()).toBe(CLOSE_CODE[code])
  })

  it('ends with 1002 at an end with half a code', () => {
    const { codec, read, code } = reader()
    read(frame(FINAL | OPCODE.close, Uint8Array.of(3)))
    expect([codec.ended, code()]).toEqual(['it closed with half a code', CLOSE_CODE.protocol])
  })

  it('drops what does not come in one piece and is longer than it keeps, and reads on behind it', () => {
    const { codec, datagrams, read } = reader()
    codec.keeps = 4_096
    const large = frame(FINAL | OPCODE.binary, pattern(65_535, 1))
    const small = frame(FINAL | OPCODE.binary, pattern(148, 2))
    expect(read(large.subarray(0, 40_000))).toBe(40_000)
    expect(read(large.subarray(40_000), small)).toBe(large.length - 40_000 + small.length)
    expect(datagrams.map(({ length }) => length)).toEqual([148])
    expect(codec.dropped).toBe(1)
    read(large)
    expect(datagrams).toHaveLength(2) // what comes whole costs nothing
    codec.keeps = 65_535
    expect(read(large.subarray(0, 40_000))).toBe(0)
  })

  it('ends at fragments that are longer together than it keeps, and keeps none of them', () => {
    const { codec, datagrams, read, code } = reader()
    codec.keeps = 4_096
    read(
      frame(NOT_FINAL | OPCODE.binary, pattern(4_000, 1)),
      frame(NOT_FINAL | OPCODE.continuation, pattern(97, 1)),
    )
    expect([datagrams.length, code()]).toEqual([0, CLOSE_CODE.protocol])
  })

  it('takes from a client what is masked only', () => {
    const server = new WebSocketCodec(false)
    const datagrams: Uint8Array[] = []
    const masked = Uint8Array.of(FINAL | OPCODE.binary, 0x82, 1, 2, 3, 4, 9 ^ 1, 8 ^ 2)
    expect(server.read(masked, 0, masked.length, datagrams)).toBe(masked.length)
    expect(datagrams).toEqual([Uint8Array.of(9, 8)])
    const plain = frame(FINAL | OPCODE.binary, pattern(2, 1))
    server.read(plain, 0, plain.length, datagrams)
    expect([datagrams.length, server.ended]).toEqual([1, 'it did not mask as RFC 6455 says'])
  })

  it('answers a ping, and an orderly end by its own', () => {
    const { codec, read, code } = reader()
    read(frame(FINAL | OPCODE.ping, Uint8Array.of(7)))
    const [pong] = codec.answers.splice(0)
    expect([pong![0], pong![1], pong![6]! ^ pong![2]!]).toEqual([FINAL | OPCODE.pong, 0x81, 7])
    read(frame(FINAL | OPCODE.close, Uint8Array.of(1001 >> 8, 1001 & 0xff)))
    expect([codec.ended, code()]).toEqual(['closed', CLOSE_CODE.normal])
  })
})
