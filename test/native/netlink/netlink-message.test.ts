import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  encodeAttribute,
  encodeMessage,
  numberOf,
  parseAttributes,
  parseMessages,
} from '../../../src/native/netlink/netlink-message.js'

const value = fc.uint8Array({ maxLength: 20 })

describe('messages of netlink', () => {
  it('have their attributes at offsets that four divides, whatever their lengths are', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(fc.nat(100), value), { selector: ([type]) => type }), (pairs) => {
        const body = Buffer.concat(pairs.map(([type, bytes]) => encodeAttribute(type, bytes)))
        expect(body.length % 4).toBe(0)
        const parsed = [...parseAttributes(body, 0)].map(([type, bytes]) => [type, Uint8Array.from(bytes)])
        expect(parsed).toEqual(pairs.map(([type, bytes]) => [type, Uint8Array.from(bytes)]))
      }),
    )
  })

  it('are parsed one after another from a datagram', () => {
    const first = encodeMessage(24, 0x301, 7, encodeAttribute(15, 51_820))
    const datagram = Buffer.concat([first, encodeMessage(3, 2, 8, Buffer.alloc(4))])
    const [route, done] = parseMessages(datagram)
    expect(route).toMatchObject({ type: 24, flags: 0x301, sequence: 7, port: 0 })
    expect(numberOf(parseAttributes(route!.body, 0), 15)).toBe(51_820)
    expect(done).toMatchObject({ type: 3, sequence: 8 })
  })

  it('end where one of them, or an attribute, is cut short or claims no length', () => {
    const whole = encodeMessage(24, 0, 1, encodeAttribute(1, Uint8Array.of(1, 2, 3, 4)))
    for (let length = 0; length < whole.length; length++) {
      expect(parseMessages(whole.subarray(0, length))).toEqual([])
      expect(parseAttributes(whole.subarray(16, Math.max(16, length)), 0).size).toBe(0)
    }
    expect(parseMessages(Buffer.alloc(64))).toEqual([])
    expect(parseAttributes(Buffer.alloc(64), 0).size).toBe(0)
  })

  it('may be any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const { body } of parseMessages(Buffer.from(bytes))) parseAttributes(body, 0)
      }),
    )
  })
})
