import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CLOSING_FRAME,
  FrameParser,
  LENGTH_BYTES,
  MAX_FRAMED,
  writeFrame,
} from '../../../src/transports/streams/framing.js'

describe('FrameParser', () => {
  it('takes several datagrams out of one chunk without a copy', () => {
    const stream = framed([bytes(3, 1), bytes(1, 2), bytes(300, 3)])
    const datagrams = new FrameParser().push(stream)
    expect(datagrams.map((datagram) => datagram.length)).toEqual([3, 1, 300])
    for (const datagram of datagrams) expect(datagram.buffer).toBe(stream.buffer)
  })

  it('takes the same datagrams whichever byte the stream is split at', () => {
    const datagrams = [bytes(1, 1), bytes(255, 2), bytes(256, 3), bytes(7, 4)]
    const stream = framed(datagrams)
    for (let split = 0; split <= stream.length; split++) {
      expect(parsed([stream.subarray(0, split), stream.subarray(split)])).toEqual(datagrams)
    }
  })

  it('takes the same datagrams byte by byte', () => {
    const datagrams = [bytes(1, 1), bytes(600, 2), bytes(2, 3)]
    expect(parsed([...framed(datagrams)].map((byte) => Uint8Array.of(byte)))).toEqual(datagrams)
  })

  it('takes the same datagrams however the stream is cut', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 5000 }), { maxLength: 8 })
    const cuts = fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(sizes, cuts, (lengths, steps) => {
        const datagrams = lengths.map(bytes)
        expect(parsed(cut(framed(datagrams), steps))).toEqual(datagrams)
      }),
    )
  })

  it('drops what does not come in one piece and is longer than it keeps, wherever it is cut', () => {
    const stream = framed([bytes(5_000, 1), bytes(148, 2), bytes(5_000, 3)])
    for (const at of [1, 2, 3, 100, 4_999, 5_001, 5_002, 5_003]) {
      const parser = new FrameParser()
      parser.keeps = 4_096
      const lengths: number[] = []
      for (const piece of [stream.subarray(0, at), stream.subarray(at)]) {
        for (const { length } of parser.push(piece)) lengths.push(length)
        expect(parser.reserved).toBe(0)
      }
      const isWithin = at > 2 && at < 5_002
      expect([at, lengths, parser.dropped]).toEqual([
        at,
        isWithin ? [148, 5_000] : [5_000, 148, 5_000],
        isWithin ? 1 : 0,
      ])
    }
  })

  it('never throws, and reserves at most twice what came, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 200 })),
        fc.integer({ min: 1, max: 70_000 }),
        (chunks, limit) => {
          const parser = new FrameParser(limit)
          let received = 0
          for (const chunk of chunks) {
            received += chunk.length
            for (const datagram of parser.push(chunk)) {
              expect(datagram.length).toBeGreaterThan(0)
              expect(datagram.length).toBeLessThanOrEqual(limit)
            }
            expect(parser.reserved).toBeLessThanOrEqual(2 * received)
          }
        },
      ),
    )
  })

  it('copies a datagram that spans chunks, so that the next chunk may reuse the memory', () => {
    const memory = new Uint8Array(8)
    const parser = new FrameParser()
    memory.set([0, 4, 1, 2])
    expect(parser.push(memory.subarray(0, 4))).toEqual([])
    memory.set([3, 4, 0, 3, 9, 9])
    expect(parser.push(memory.subarray(0, 6))).toEqual([Uint8Array.of(1, 2, 3, 4)])
    memory.fill(8)
    expect(parser.push(memory.subarray(0, 1))).toEqual([Uint8Array.of(9, 9, 8)])
  })

  it('lends a datagram of several chunks untouched by the one that begins after it', () => {
    const parser = new FrameParser()
    parser.push(Uint8Array.of(0, 3, 1, 2))
    const [first] = parser.push(Uint8Array.of(3, 0, 3, 4, 5))
    expect(first).toEqual(Uint8Array.of(1, 2, 3))
    expect(parser.push(Uint8Array.of(6))).toEqual([Uint8Array.of(4, 5, 6)])
  })

  it('ends at a length of 0, hands over what came before and ignores what follows', () => {
    const parser = new FrameParser()
    const stream = Uint8Array.of(0, 1, 7, ...CLOSING_FRAME, 0, 1, 8)
    expect(parser.push(stream)).toEqual([Uint8Array.of(7)])
    expect(parser.ended).toBe('closed')
    expect(parser.push(Uint8Array.of(0, 1, 9))).toEqual([])
  })

  it('ends at a length above the limit', () => {
    const parser = new FrameParser(100)
    expect(parser.push(Uint8Array.of(0, 1, 7, 0, 101, 1))).toEqual([Uint8Array.of(7)])
    expect(parser.ended).toBe('oversized')
  })

  it('goes on at a length that equals the limit', () => {
    expect(parsed([framed([bytes(MAX_FRAMED, 5)])])).toEqual([bytes(MAX_FRAMED, 5)])
  })

  it('reserves nothing for a length alone', () => {
    const parser = new FrameParser()
    parser.push(Uint8Array.of(0xff, 0xff))
    expect(parser.reserved).toBe(0)
    parser.push(Uint8Array.of(1))
    expect(parser.reserved).toBe(1)
  })
})

function bytes(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => seed + index * 7)
}

function framed(datagrams: readonly Uint8Array[]): Uint8Array {
  const stream = new Uint8Array(datagrams.reduce((sum, { length }) => sum + LENGTH_BYTES + length, 0))
  let at = 0
  for (const datagram of datagrams) at = writeFrame(stream, at, datagram)
  return stream
}

function parsed(chunks: readonly Uint8Array[]): Uint8Array[] {
  const parser = new FrameParser()
  return chunks.flatMap((chunk) => parser.push(chunk).map((datagram) => datagram.slice()))
}

function cut(stream: Uint8Array, steps: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const end = at + steps[turn % steps.length]!
    chunks.push(stream.subarray(at, end))
    at = end
  }
  return chunks
}
