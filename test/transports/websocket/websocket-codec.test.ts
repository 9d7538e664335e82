import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pattern, sameBytes } from '../../../src/conformance/kit/recorder.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { CLOSE_CODE, OPCODE } from '../../../src/transports/websocket/frames/frame-header.js'
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

/** A message in pieces of so many bytes. */
function fragmented(message: Uint8Array, size: number): Uint8Array[] {
  const frames: Uint8Array[] = []
  for (let at = 0; at < message.length; at += size) {
    const final = at + size >= message.length ? FINAL : NOT_FINAL
    const opcode = at === 0 ? OPCODE.binary : OPCODE.continuation
    frames.push(frame(final | opcode, message.subarray(at, at + size)))
  }
  return frames
}

/** A client that reads frames. */
function reader() {
  const clock = new VirtualClock()
  const codec = new WebSocketCodec(true, clock)
  const datagrams: Uint8Array[] = []
  return {
    clock,
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
  it.each([1, 100, 1_024, 2_048, 65_535])(
    'takes messages of up to 65,535 bytes, also in pieces of %i bytes',
    (size) => {
      const { codec, datagrams, read } = reader()
      const whole = pattern(65_535, 1)
      read(frame(FINAL | OPCODE.binary, whole), ...fragmented(whole, size))
      expect(datagrams.map((datagram) => sameBytes(datagram, pattern(65_535, 1)))).toEqual([true, true])
      expect(codec.ended).toBeUndefined()
    },
  )

  it('takes 64 empty pieces of a message, and ends at one more', () => {
    const empty = (count: number) =>
      new Array<Uint8Array>(count).fill(frame(NOT_FINAL | OPCODE.continuation, new Uint8Array()))
    const { codec, datagrams, read } = reader()
    const [first, last] = fragmented(pattern(20, 1), 10)
    read(first!, ...empty(64), last!)
    expect([codec.ended, datagrams.length]).toEqual([undefined, 1])
    read(first!, ...empty(65), last!)
    expect([codec.ended, datagrams.length]).toEqual(['it sent a message in pieces that are too small', 1])
  })

  it('ends at a message whose frames have more than 8 times its bytes, and 4 KiB', () => {
    const server = new WebSocketCodec(false, new VirtualClock())
    const long = Uint8Array.of(OPCODE.continuation, 0x80 | 126, 0, 1, 0, 0, 0, 0, 7) // 9 bytes for 1
    const first = Uint8Array.of(OPCODE.binary, 0x80 | 126, 0, 1, 0, 0, 0, 0, 7)
    const bytes = new Uint8Array(Buffer.concat([first, ...new Array<Uint8Array>(4_095).fill(long)]))
    expect(server.read(bytes, 0, bytes.length, [])).toBe(bytes.length)
    expect(server.ended).toBeUndefined()
    server.read(long, 0, long.length, [])
    expect(server.ended).toBe('it sent a message in pieces that are too small')
  })

  it('ends at a message whose last piece comes more than 10 s after its first', () => {
    const { clock, codec, datagrams, read } = reader()
    const [first, second, last] = fragmented(pattern(30, 1), 10)
    read(first!)
    clock.advance(10_000)
    read(second!, last!)
    expect([codec.ended, datagrams.length]).toEqual([undefined, 1])
    read(first!)
    clock.advance(10_001)
    read(second!)
    expect(codec.ended).toBe('it took more than 10 s for a message in pieces')
  })

  it('reassembles a message however it is cut, with control frames between its pieces', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(3_000), fc.constantFrom(undefined, OPCODE.ping, OPCODE.pong)), {
          minLength: 2,
          maxLength: 20,
        }),
        fc.array(fc.nat(60_000), { maxLength: 8 }),
        (pieces, cuts) => {
          const { codec, datagrams } = reader()
          const whole = pattern(
            pieces.reduce((sum, [length]) => sum + length, 0),
            1,
          )
          let at = 0
          const bytes = new Uint8Array(
            Buffer.concat(
              pieces.flatMap(([length, control], index) => {
                const final = index === pieces.length - 1 ? FINAL : NOT_FINAL
                const opcode = index === 0 ? OPCODE.binary : OPCODE.continuation
                const piece = frame(final | opcode, whole.subarray(at, at + length))
                at += length
                return control === undefined || final
                  ? [piece]
                  : [piece, frame(FINAL | control, pattern(5, 1))]
              }),
            ),
          )
          let from = 0
          for (const cut of [
            ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b),
            bytes.length,
          ])
            from = codec.read(bytes, from, cut, datagrams)
          expect(codec.ended).toBeUndefined()
          expect(Buffer.concat(datagrams).equals(whole)).toBe(true)
        },
      ),
    )
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
      'a message of 66 pieces, all but the last of them empty',
      Array.from({ length: 67 }, (_, index) =>
        frame(
          (index === 66 ? FINAL : NOT_FINAL) | (index === 0 ? OPCODE.binary : OPCODE.continuation),
          pattern(index === 66 ? 1 : 0, 1),
        ),
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

  it('reads 16 KiB of frames for a message in pieces before the proof, and no more', () => {
    const { codec, datagrams, read } = reader()
    codec.keeps = 4_096
    const pieces = fragmented(pattern(4_096, 1), 1) // 3 bytes each
    read(...pieces)
    expect([codec.ended, datagrams.length]).toEqual([undefined, 1])
    const [first, ...more] = fragmented(pattern(4_096, 1), 1)
    const long = more.map((piece) => Uint8Array.of(piece[0]!, 126, 0, 1, piece[2]!)) // 5 bytes each
    read(first!, ...long)
    expect([codec.ended, datagrams.length]).toEqual(['it sent a message in pieces that are too small', 1])
  })

  it('takes from a client what is masked only', () => {
    const server = new WebSocketCodec(false, new VirtualClock())
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
