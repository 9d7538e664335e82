import { expect, it } from 'vitest'
import {
  hasMac1,
  hasMac2,
  MACS_BYTES,
  mac,
  macKeysOf,
  writeMacs,
} from '../../../../src/ciphers/noise/handshake/macs.js'

const keys = macKeysOf(Buffer.alloc(32, 7))
const cookie = new Uint8Array(16).fill(9)

function message(): Uint8Array {
  return new Uint8Array(100 + MACS_BYTES).fill(1, 0, 100)
}

it('makes macs of 16 bytes that depend on key and message', () => {
  const made = mac(keys.mac1, message())
  expect(made).toHaveLength(16)
  expect(mac(keys.cookie, message())).not.toEqual(made)
  expect(mac(keys.mac1, message().subarray(1))).not.toEqual(made)
})

it('recognises the macs it wrote', () => {
  const bytes = message()
  writeMacs(bytes, keys.mac1, cookie)
  expect(hasMac1(bytes, keys.mac1)).toBe(true)
  expect(hasMac2(bytes, cookie)).toBe(true)
})

it('leaves mac2 zero without a cookie', () => {
  const bytes = message()
  writeMacs(bytes, keys.mac1, undefined)
  expect(bytes.subarray(-16)).toEqual(new Uint8Array(16))
  expect(hasMac2(bytes, cookie)).toBe(false)
})

it('notices a change of any byte', () => {
  for (let at = 0; at < 100 + MACS_BYTES; at++) {
    const bytes = message()
    writeMacs(bytes, keys.mac1, cookie)
    bytes[at]! ^= 1
    expect(hasMac1(bytes, keys.mac1) && hasMac2(bytes, cookie)).toBe(false)
  }
})
