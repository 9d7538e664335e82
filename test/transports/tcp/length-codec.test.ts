import { expect, it } from 'vitest'
import { pattern } from '../../../src/conformance/kit/recorder.js'
import { LengthCodec } from '../../../src/transports/tcp/length-codec.js'

it('drops what does not come in one piece and is longer than it keeps, wherever it is cut', () => {
  const stream = Buffer.concat([5_000, 148, 5_000].map((length) => frame(length)))
  for (const at of [1, 2, 3, 100, 4_999, 5_001, 5_002, 5_003]) {
    const codec = new LengthCodec()
    codec.keeps = 4_096
    const datagrams: Uint8Array[] = []
    const read = codec.read(stream, 0, at, datagrams)
    expect(at - read).toBeLessThan(2)
    expect(codec.read(stream, read, stream.length, datagrams)).toBe(stream.length)
    const isWithin = at > 1 && at < 5_002
    expect([at, datagrams.map(({ length }) => length), codec.dropped]).toEqual([
      at,
      isWithin ? [148, 5_000] : [5_000, 148, 5_000],
      isWithin ? 1 : 0,
    ])
  }
})

it('passes over what is to come in as many pieces as it comes', () => {
  const codec = new LengthCodec()
  codec.keeps = 4_096
  const datagrams: Uint8Array[] = []
  const stream = Buffer.concat([frame(65_535), frame(148)])
  for (let at = 0; at < stream.length; ) {
    const end = Math.min(at + 1_000, stream.length)
    expect(codec.read(stream, at, end, datagrams)).toBe(end)
    at = end
  }
  expect([datagrams.length, codec.dropped]).toEqual([1, 1])
})

it('keeps all of a datagram that is no longer than that', () => {
  const codec = new LengthCodec()
  codec.keeps = 4_096
  const stream = frame(4_096)
  expect(codec.read(stream, 0, stream.length - 1, [])).toBe(0)
})

function frame(length: number): Uint8Array {
  return Uint8Array.of(length >>> 8, length & 0xff, ...pattern(length, length & 0xff))
}
