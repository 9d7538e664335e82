import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pattern } from '../../../src/conformance/kit/recorder.js'
import { native } from '../../../src/native/base/native.js'
import { nextSecret, trafficKey } from '../../../src/transports/tls/key-schedule.js'
import { ALERT, CONTENT, MAX_CONTENT, OVERHEAD } from '../../../src/transports/tls/record.js'
import type { RecordReader } from '../../../src/transports/tls/record-reader.js'
import { REKEY_AFTER } from '../../../src/transports/tls/record-writer.js'
import { SUITES } from '../../../src/transports/tls/suites.js'
import { nativeMissing, orSkipped } from '../../support/native-missing.js'
import { RecordLab, SECRET, SUITE } from '../../support/tls/record-lab.js'
import { RFC_8448 } from './rfc-8448.js'

const AES_128 = SUITES.TLS_AES_128_GCM_SHA256!
const { client, server, content } = RFC_8448
const KEY_UPDATE = Uint8Array.of(24, 0, 0, 1, 0)
const KEY_UPDATE_REQUESTED = Uint8Array.of(24, 0, 0, 1, 1)
const TICKET = Uint8Array.of(4, 0, 0, 3, 9, 9, 9)

describe('the key schedule', () => {
  it('gives the keys that RFC 8448 prints', () => {
    for (const { secret, key, iv } of [client, server]) {
      expect(trafficKey(AES_128, secret)).toEqual({ key, iv })
    }
  })

  it('gives secrets of the same length, each another one', () => {
    const next = nextSecret(SUITE, SECRET)
    expect(next.length).toBe(SECRET.length)
    expect(next).not.toEqual(SECRET)
    expect(nextSecret(SUITE, next)).not.toEqual(next)
  })
})

describe.skipIf(nativeMissing)(orSkipped('the record layer', nativeMissing), () => {
  const lab = nativeMissing ? (undefined as never) : new RecordLab()

  it("opens RFC 8448's records of a server, and passes over its ticket", () => {
    const reader = lab.reader(true, AES_128, server.secret)
    expect(lab.open(reader, server.ticket).length).toBe(0)
    expect(lab.open(reader, server.data)).toEqual(content)
    expect(reader.ended).toBeUndefined()
    lab.open(reader, server.closeNotify)
    expect(reader.ended).toBe('closed')
    expect(reader.alert).toBeUndefined()
  })

  it("seals RFC 8448's records of a client", () => {
    const writer = lab.writer(AES_128, client.secret)
    expect(lab.seal(writer, [content])).toEqual(client.data)
    expect(lab.alert(writer, ALERT.closeNotify)).toEqual(client.closeNotify)
  })

  it.each(Object.keys(SUITES))('seals and opens pieces of any length with %s', (name) => {
    const suite = SUITES[name]!
    const secret = SECRET.subarray(0, suite.hash === 'sha384' ? 48 : 32)
    const [writer, reader] = [lab.writer(suite, secret), lab.reader(true, suite, secret)]
    for (const lengths of [[1], [8, 65_408], [16_384], [16_383, 1, 1], [0, 5], [4, 60_000, 4, 60_000]]) {
      const pieces = lengths.map((length, index) => pattern(length, index))
      const sealed = lab.seal(writer, pieces)
      expect(Buffer.from(lab.open(reader, sealed)).equals(Buffer.concat(pieces))).toBe(true)
    }
    expect(reader.ended).toBeUndefined()
  })

  it('leaves pieces as they are, with what lies before and behind them, wherever records begin', () => {
    const memory = native().arena.reserve(200_000)
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 40_000 }), { minLength: 1, maxLength: 6 }),
        (lengths) => {
          memory.bytes.set(pattern(memory.length, lengths.length))
          const before = memory.bytes.slice()
          let at = 0
          const pieces = lengths
            .map((length) => {
              at += length + 3
              return memory.bytes.subarray(at - length - 1, at - 1)
            })
            .filter(() => at <= memory.length)
          const sealed = lab.seal(lab.writer(), pieces)
          expect(Buffer.compare(memory.bytes, before)).toBe(0)
          const sent = Buffer.concat(pieces)
          expect(Buffer.from(lab.open(lab.reader(), sealed)).equals(sent)).toBe(true)
          const records = Math.ceil(sent.length / MAX_CONTENT)
          expect(sealed.length).toBe(sent.length + records * OVERHEAD)
        },
      ),
      { numRuns: 40 },
    )
    memory.release()
  })

  it('opens records that are cut at every byte', () => {
    const sealed = Buffer.concat([lab.seal(lab.writer(), [pattern(40, 1)]), new Uint8Array(0)])
    for (let cut = 0; cut <= sealed.length; cut++) {
      const reader = lab.reader()
      const first = lab.open(reader, sealed.subarray(0, cut))
      const second = lab.open(reader, sealed.subarray(cut))
      expect(Buffer.concat([first, second]).equals(pattern(40, 1))).toBe(true)
    }
  })

  it('opens padded records, and refuses one of nothing but padding', () => {
    const [key, reader] = [lab.key(), lab.reader()]
    expect(lab.open(reader, lab.record(key, CONTENT.data, content, 500))).toEqual(content)
    expect(lab.open(reader, lab.record(key, 0, new Uint8Array(0), 30)).length).toBe(0)
    expect(reader.ended).toBe('it sent a TLS record of type 0')
  })

  it('refuses a record that is altered, repeated, left out or under another key', () => {
    const records = [1, 2, 3].map((seed) => pattern(100, seed))
    const sealed = (): Uint8Array[] => {
      const writer = lab.writer()
      return records.map((record) => lab.seal(writer, [record]))
    }
    const [first, second, third] = sealed() as [Uint8Array, Uint8Array, Uint8Array]
    for (const at of [5, 50, first.length - 1]) {
      const altered = first.slice()
      altered[at]! ^= 1
      refuses(lab.reader(), [altered], 0)
    }
    refuses(lab.reader(), [first, first], 100)
    refuses(lab.reader(), [first, third], 100)
    refuses(
      lab.reader(
        true,
        SUITE,
        SECRET.map((byte) => byte ^ 1),
      ),
      [first],
      0,
    )
    const good = lab.reader()
    expect(lab.open(good, Buffer.concat([first, second, third])).length).toBe(300)
  })

  it('shows no text of a record that is not authentic', () => {
    const reader = lab.reader()
    const [first, second] = [lab.key(), lab.key(1)].map((key) => lab.record(key, CONTENT.data, content))
    second![second!.length - 1]! ^= 1
    expect(lab.open(reader, Buffer.concat([first!, second!]))).toEqual(content)
    expect(reader.alert).toBe(ALERT.badRecordMac)
    expect(lab.open(reader, first!).length).toBe(0)
  })

  it.each([
    ['is not encrypted', [22, 3, 3, 0, 40], ALERT.unexpectedMessage],
    ['is a change of ciphers', [20, 3, 3, 0, 1], ALERT.unexpectedMessage],
    ['is too long', [23, 3, 3, 0x40, 0x12], ALERT.recordOverflow],
    ['is too short', [23, 3, 3, 0, 16], ALERT.decodeError],
  ])('refuses a record that %s by its header', (_what, header, alert) => {
    const reader = lab.reader()
    lab.open(reader, Uint8Array.from(header))
    expect(reader.alert).toBe(alert)
  })

  it('follows KeyUpdates, and owes one where it is asked', () => {
    const [key, reader] = [lab.key(), lab.reader()]
    lab.open(reader, lab.record(key, CONTENT.handshake, KEY_UPDATE))
    expect(reader.owesKeyUpdate).toBe(false)
    key.update()
    const records = [
      lab.record(key, CONTENT.data, content),
      lab.record(key, CONTENT.handshake, KEY_UPDATE_REQUESTED),
    ]
    key.update()
    records.push(lab.record(key, CONTENT.data, content))
    expect(lab.open(reader, Buffer.concat(records))).toEqual(Uint8Array.of(...content, ...content))
    expect(reader.owesKeyUpdate).toBe(true)
    expect(reader.keyUpdates).toBe(2)
  })

  it('sends the KeyUpdate that it owes under the old key, and goes on under the new one', () => {
    const [writer, reader] = [lab.writer(), lab.reader()]
    expect(lab.open(reader, lab.seal(writer, [content], true))).toEqual(content)
    expect(reader.keyUpdates).toBe(1)
    expect(lab.open(reader, lab.seal(writer, [content]))).toEqual(content)
  })

  it('changes its key of itself before it has sealed too much with one', () => {
    const writer = lab.writer(SUITE, SECRET, REKEY_AFTER - 1)
    const reader = lab.readerOf(lab.key(REKEY_AFTER - 1), true)
    expect(lab.open(reader, lab.seal(writer, [content]))).toEqual(content)
    expect(reader.keyUpdates).toBe(0)
    expect(lab.open(reader, lab.seal(writer, [content]))).toEqual(content)
    expect(reader.keyUpdates).toBe(1)
  })

  it('passes over tickets, also in pieces, at a client only', () => {
    const [key, reader] = [lab.key(), lab.reader()]
    const records = [
      lab.record(key, CONTENT.handshake, Uint8Array.of(...TICKET, ...TICKET.subarray(0, 2))),
      lab.record(key, CONTENT.handshake, TICKET.subarray(2, 5)),
      lab.record(key, CONTENT.handshake, TICKET.subarray(5)),
      lab.record(key, CONTENT.data, content),
    ]
    expect(lab.open(reader, Buffer.concat(records))).toEqual(content)
    expect(reader.isBetweenMessages).toBe(true)
    const atServer = lab.reader(false)
    lab.open(atServer, records[0]!)
    expect(atServer.ended).toBe('it sent an unexpected TLS handshake message')
  })

  it.each([
    [
      'data within a handshake message',
      [
        [CONTENT.handshake, 4, 0],
        [CONTENT.data, 1],
      ],
    ],
    ['a KeyUpdate with something behind it', [[CONTENT.handshake, ...KEY_UPDATE, 4]]],
    ['a KeyUpdate that asks for something unknown', [[CONTENT.handshake, 24, 0, 0, 1, 2]]],
    ['a KeyUpdate of another length', [[CONTENT.handshake, 24, 0, 0, 2, 0, 0]]],
    ['a handshake message of another type', [[CONTENT.handshake, 1, 0, 0, 0]]],
    ['an alert that is none', [[CONTENT.alert, 1]]],
    ['a record of an unknown type', [[99, 1]]],
    ['an empty handshake record', [[CONTENT.handshake]]],
  ])('refuses %s', (_what, records) => {
    const [key, reader] = [lab.key(), lab.reader()]
    for (const [type, ...bytes] of records) lab.open(reader, lab.record(key, type!, Uint8Array.from(bytes)))
    expect(reader.ended).toMatch(/^it sent /)
    expect(reader.alert).toBeDefined()
  })

  it('ends at an alert, orderly at close_notify only', () => {
    for (const [description, ended] of [
      [ALERT.closeNotify, 'closed'],
      [ALERT.userCanceled, undefined],
      [40, 'it sent the TLS alert 40'],
    ] as const) {
      const reader = lab.reader()
      lab.open(reader, lab.alert(lab.writer(), description))
      expect(reader.ended).toBe(ended)
      expect(reader.alert).toBeUndefined()
    }
  })

  it('bears 32 records without data in a row, and not more', () => {
    const [key, reader] = [lab.key(), lab.reader()]
    const empty = () => lab.record(key, CONTENT.data, new Uint8Array(0))
    for (let count = 0; count < 32; count++) lab.open(reader, empty())
    expect(lab.open(reader, lab.record(key, CONTENT.data, content))).toEqual(content)
    for (let count = 0; count < 32; count++) lab.open(reader, empty())
    expect(reader.ended).toBeUndefined()
    lab.open(reader, empty())
    expect(reader.ended).toBe('it sent too many TLS records without data')
  })

  it('uses no key that was erased', () => {
    const key = lab.key()
    key.erase()
    key.erase()
    expect(() => lab.record(key, CONTENT.data, content)).toThrow('it was erased')
    expect(() => key.open(lab.memory.input.address, 20, lab.memory.output.address)).toThrow('it was erased')
  })

  function refuses(reader: RecordReader, records: readonly Uint8Array[], opened: number): void {
    expect(lab.open(reader, Buffer.concat(records)).length).toBe(opened)
    expect(reader.ended).toBe('it sent a TLS record that is not authentic')
    expect(reader.alert).toBe(ALERT.badRecordMac)
  }
})
