import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_CONTROL, readControl, writeControl } from '../../../../src/ciphers/noise/control/control.js'
import { readFrame, SUPER_HEADER, writeSuperHeader } from '../../../../src/ciphers/noise/wire/frames.js'
import type { Packet } from '../../../../src/core/api/packet.js'
import { RecurringViews } from '../../../../src/core/bytes/recurring-views.js'
import { ipv4Packet, ipv6Packet } from '../../../support/netsim/packets.js'

const views = new RecurringViews()
const blank = (): Packet => ({ bytes: new Uint8Array(0), segmentSize: 9, checksum: 'full' })

describe('a frame', () => {
  it('is a packet as long as its header says, whatever pads it', () => {
    for (const bytes of [ipv4Packet(100), ipv6Packet(100)]) {
      const packet = blank()
      const padded = new Uint8Array(120)
      padded.set(bytes, 3)
      expect(readFrame(padded, 3, 112, packet, views, 0)).toBe('packet')
      expect(packet).toEqual({ bytes, segmentSize: 0, checksum: 'full' })
    }
  })

  it('is malformed where the packet is cut off, too short, or of another version', () => {
    const packet = ipv4Packet(100)
    expect(readFrame(packet, 0, 99, blank(), views, 0)).toBe('malformed')
    expect(readFrame(ipv6Packet(100), 0, 99, blank(), views, 0)).toBe('malformed')
    expect(readFrame(packet, 0, 19, blank(), views, 0)).toBe('malformed')
    expect(readFrame(ipv6Packet(100), 0, 39, blank(), views, 0)).toBe('malformed')
    for (const version of [2, 3, 5, 7, 8, 9, 10, 11, 13, 15]) {
      expect(readFrame(ipv4Packet(100).fill(version << 4, 0, 1), 0, 100, blank(), views, 0)).toBe('malformed')
    }
    const lying = ipv4Packet(100)
    lying[2] = 0
    lying[3] = 19
    expect(readFrame(lying, 0, 100, blank(), views, 0)).toBe('malformed')
  })

  it('is malformed where a super-packet has no segment size or no packet', () => {
    const bytes = new Uint8Array(SUPER_HEADER + 100)
    bytes.set(ipv4Packet(100), SUPER_HEADER)
    writeSuperHeader(bytes, 0, { ...blank(), segmentSize: 0 })
    expect(readFrame(bytes, 0, bytes.length, blank(), views, 0)).toBe('malformed')
    writeSuperHeader(bytes, 0, { ...blank(), segmentSize: 50 })
    expect(readFrame(bytes, 0, bytes.length, blank(), views, 0)).toBe('packet')
    for (let length = 1; length < bytes.length; length++) {
      expect(readFrame(bytes, 0, length, blank(), views, 0)).toBe('malformed')
    }
  })

  it('never reads beyond its end, whatever it holds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 80 }), (bytes) => {
        const packet = blank()
        if (readFrame(bytes, 0, bytes.length, packet, views, 0) === 'packet') {
          expect(packet.bytes.length).toBeLessThanOrEqual(bytes.length)
          expect(packet.bytes.length).toBeGreaterThanOrEqual(20)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a control message', () => {
  const messages = fc.record({
    type: fc.nat(255),
    id: fc.nat(0xffffffff),
    items: fc.array(fc.record({ type: fc.nat(255), value: fc.uint8Array({ maxLength: 60 }) }), {
      maxLength: 10,
    }),
  })

  it('is read as it was written, also with padding behind it', () => {
    fc.assert(
      fc.property(messages, fc.nat(30), (message, padding) => {
        const written = writeControl(message)
        expect(readControl(written)).toEqual(message)
        expect(readControl(Uint8Array.from([...written, ...new Uint8Array(padding)]))).toEqual(message)
      }),
    )
  })

  it('is refused where it is cut off', () => {
    const written = writeControl({ type: 1, id: 2, items: [{ type: 3, value: Uint8Array.of(4, 5) }] })
    for (let length = 0; length < written.length; length++) {
      expect(readControl(written.subarray(0, length))).toBeUndefined()
    }
  })

  it('is at most 1,200 bytes long', () => {
    const items = [{ type: 1, value: new Uint8Array(MAX_CONTROL) }]
    expect(() => writeControl({ type: 1, id: 1, items })).toThrow(RangeError)
  })

  it('is read without a throw, whatever it holds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        readControl(bytes)
      }),
      { numRuns: 3000 },
    )
  })
})
