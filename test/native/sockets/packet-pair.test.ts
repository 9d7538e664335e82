import fs from 'node:fs'
import { expect, it } from 'vitest'
import { native } from '../../../src/native/base/native.js'
import { openPacketPair } from '../../../src/native/sockets/packet-pair.js'
import { nativeMissing, orSkipped } from '../../support/native-missing.js'

it.skipIf(nativeMissing)(
  orSkipped('keeps what is written at once together, and blocks nobody', nativeMissing),
  () => {
    const [one, other] = openPacketPair(native())
    try {
      fs.writeSync(one, Uint8Array.of(1, 2))
      fs.writeSync(one, Uint8Array.of(3))
      const input = new Uint8Array(10)
      expect([fs.readSync(other, input), input[0]]).toEqual([2, 1])
      expect([fs.readSync(other, input), input[0]]).toEqual([1, 3])
      expect(() => fs.readSync(other, input)).toThrow('EAGAIN')
      const full = () => {
        for (;;) fs.writeSync(one, new Uint8Array(65_000))
      }
      expect(full).toThrow('EAGAIN')
    } finally {
      fs.closeSync(one)
      fs.closeSync(other)
    }
  },
)
