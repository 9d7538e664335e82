import { describe, expect, it } from 'vitest'
import { pattern } from '../../../src/conformance/kit/recorder.js'
import { native } from '../../../src/native/base/native.js'
import { nativeMissing, orSkipped } from '../../support/native-missing.js'
import { RecordLab } from '../../support/tls/record-lab.js'

describe.skipIf(nativeMissing)(orSkipped('RecordReader', nativeMissing), () => {
  it('leaves nothing in memory of a record that is not authentic', () => {
    const lab = new RecordLab()
    const reader = lab.reader()
    const [first, second] = [pattern(100, 1), pattern(1_000, 2)]
    const writer = lab.writer()
    const sealed = [lab.seal(writer, [first]), lab.seal(writer, [second])]
    const altered = Buffer.concat(sealed)
    altered[altered.length - 1]! ^= 1
    const content = native().arena.reserve(10_000)
    expect(reader.take(altered, content.offset)).toBe(first.length)
    expect(reader.ended).toBe('it sent a TLS record that is not authentic')
    expect(content.bytes.subarray(0, first.length)).toEqual(first)
    expect(content.bytes.subarray(first.length).every((byte) => byte === 0)).toBe(true)
    content.release()
  })

  it('ends a connection that has it change its key again and again, also with data between', () => {
    const lab = new RecordLab()
    const reader = lab.reader()
    const writer = lab.writer()
    const data = pattern(10, 1)
    for (let count = 0; count < 8; count++) {
      expect([count, lab.open(reader, lab.seal(writer, [data], true))]).toEqual([count, data])
    }
    lab.clock.advance(10_000)
    expect(lab.open(reader, lab.seal(writer, [data], true))).toEqual(data)
    expect(lab.open(reader, lab.seal(writer, [data], true))).toHaveLength(0)
    expect(reader.ended).toBe('it changed its TLS key too often')
    expect(reader.keyUpdates).toBe(9)
  })
})
