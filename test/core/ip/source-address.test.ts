import { describe, expect, it } from 'vitest'
import { customerOf } from '../../../src/core/ip/ip-network.js'
import { sourceBytes } from '../../../src/core/ip/source-address.js'

describe('sourceBytes', () => {
  it.each([
    ['192.0.2.1', [192, 0, 2, 1]],
    ['::ffff:192.0.2.1', [192, 0, 2, 1]],
    ['::ffff:c000:201', [192, 0, 2, 1]],
    ['fe80::1%eth0', [0xfe, 0x80, ...new Array<number>(13).fill(0), 1]],
    ['::192.0.2.1', [...new Array<number>(12).fill(0), 192, 0, 2, 1]],
    ['somewhere', []],
    [undefined, []],
  ])('of %s are %j', (address, bytes) => {
    expect([...sourceBytes(address)]).toEqual(bytes)
  })
})

describe('customerOf', () => {
  it('tells IPv4 addresses apart that are written as IPv6 ones', () => {
    const mapped = (host: number) =>
      Uint8Array.of(...new Array<number>(10).fill(0), 0xff, 0xff, 192, 0, 2, host)
    expect(customerOf(mapped(1))).toEqual(Uint8Array.of(192, 0, 2, 1))
    expect(customerOf(mapped(2))).not.toEqual(customerOf(mapped(1)))
  })
})
