import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  LOCAL_CONTROL_BYTES,
  localAddressAt,
  ReceivedControl,
  SEGMENT_CONTROL_BYTES,
  setSegmentSize,
  writeLocalControl,
  writeSegmentControl,
} from '../../../src/native/udp/control-message.js'

const AT = 8

function written(length: number, write: (view: DataView) => void): string {
  const bytes = new Uint8Array(AT + length)
  write(new DataView(bytes.buffer))
  return Buffer.from(bytes.subarray(AT)).toString('hex')
}

describe('control messages', () => {
  it('ask for segments as linux/udp.h says', () => {
    const hex = written(SEGMENT_CONTROL_BYTES, (view) => {
      writeSegmentControl(view, AT)
      setSegmentSize(view, AT, 1428)
    })
    expect(hex).toBe('1200000000000000' + '11000000' + '67000000' + '9405000000000000')
  })

  it('choose a local IPv4 address as struct in_pktinfo', () => {
    const hex = written(LOCAL_CONTROL_BYTES[4], (view) => {
      writeLocalControl(view, AT, 4)
      view.setUint32(localAddressAt(AT, 4), 0x7f000002)
    })
    expect(hex).toBe(
      '1c00000000000000' + '00000000' + '08000000' + '00000000' + '7f000002' + '0000000000000000',
    )
  })

  it('choose a local IPv6 address as struct in6_pktinfo', () => {
    const hex = written(LOCAL_CONTROL_BYTES[6], (view) => {
      writeLocalControl(view, AT, 6)
      view.setUint32(localAddressAt(AT, 6), 0x20010db8)
    })
    expect(hex).toBe(
      `2400000000000000${'29000000'}${'32000000'}20010db8${'00'.repeat(12)}${'00000000'}${'00000000'}`,
    )
  })
})

describe('ReceivedControl', () => {
  it('finds the segment size and the local address in any order', () => {
    for (const order of [
      ['segment', 'local'],
      ['local', 'segment'],
    ]) {
      const view = new DataView(new ArrayBuffer(128))
      let end = AT
      for (const kind of order) end = kind === 'segment' ? writeGro(view, end, 1200) : writeLocal(view, end)
      const control = new ReceivedControl(view, 4)
      control.read(AT, end)
      expect(control.segmentSize).toBe(1200)
      expect(view.getUint32(control.localAt)).toBe(0xc0000201)
    }
  })

  it('says nothing where there is nothing, whatever it read before', () => {
    const view = new DataView(new ArrayBuffer(128))
    const control = new ReceivedControl(view, 4)
    control.read(AT, writeGro(view, AT, 1200))
    control.read(AT, AT)
    expect([control.segmentSize, control.localAt]).toEqual([0, 0])
  })

  it('reads random bytes without an end and without leaving them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 128 }), fc.boolean(), (bytes, small) => {
        const memory = Uint8Array.from(bytes)
        if (small) for (let at = 0; at < memory.length; at += 8) memory.fill(0, at + 1, at + 8)
        const control = new ReceivedControl(new DataView(memory.buffer), 6)
        control.read(0, memory.length)
        expect(control.localAt).toBeLessThan(Math.max(1, memory.length))
      }),
      { numRuns: 5_000 },
    )
  })
})

/** What the kernel writes for UDP_GRO: an int. */
function writeGro(view: DataView, at: number, size: number): number {
  view.setUint32(at, 20, true)
  view.setInt32(at + 8, 17, true)
  view.setInt32(at + 12, 104, true)
  view.setInt32(at + 16, size, true)
  return at + 24
}

function writeLocal(view: DataView, at: number): number {
  writeLocalControl(view, at, 4)
  view.setUint32(localAddressAt(at, 4), 0xc0000201)
  return at + LOCAL_CONTROL_BYTES[4]
}
