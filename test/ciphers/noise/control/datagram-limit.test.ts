import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readControl, writeControl } from '../../../../src/ciphers/noise/control/control.js'
import {
  DATAGRAM_LIMITS,
  readDatagramLimit,
  ToldLimits,
  writeDatagramLimit,
} from '../../../../src/ciphers/noise/control/datagram-limit.js'
import { FakeLink } from '../../../support/core/fake-link.js'

const { min, max } = DATAGRAM_LIMITS

describe('a limit of datagrams', () => {
  it('is read as it was written, whatever it is', () => {
    fc.assert(
      fc.property(fc.integer({ min, max }), fc.nat(0xffffffff), (bytes, id) => {
        const message = readControl(writeDatagramLimit(id, bytes))!
        expect([message.type, message.id, readDatagramLimit(message.items)]).toEqual([9, id, bytes])
      }),
    )
  })

  it('is none below 1,024 bytes, of another length, or absent, whatever the items are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ type: fc.constantFrom(0, 1, 2, 255), value: fc.uint8Array({ maxLength: 4 }) }), {
          maxLength: 4,
        }),
        (items) => {
          const message = readControl(writeControl({ type: 9, id: 1, items }))!
          const value = items.find(({ type }) => type === 1)?.value
          const said = value?.length === 2 ? value[0]! * 256 + value[1]! : 0
          expect(readDatagramLimit(message.items)).toBe(said >= min ? said : undefined)
        },
      ),
    )
  })

  it.each([1_023, 65_536, 2_000.5, Number.NaN])('is not told if it is %d', (bytes) => {
    expect(() => writeDatagramLimit(1, bytes)).toThrow(RangeError)
    expect(new ToldLimits().untold(Object.assign(new FakeLink(), { maxIncoming: bytes }))).toBeUndefined()
  })
})
