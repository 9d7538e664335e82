import { describe, expect, it } from 'vitest'
import { ipLayout } from '../../../src/core/ip/ip-packet.js'

function packet(version: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  if (length > 0) bytes[0] = version << 4
  return bytes
}

describe('ipLayout', () => {
  it('finds the addresses of IPv4 and IPv6', () => {
    expect(ipLayout(packet(4, 20))).toMatchObject({ source: 12, destination: 16, addressBytes: 4 })
    expect(ipLayout(packet(6, 40))).toMatchObject({ source: 8, destination: 24, addressBytes: 16 })
  })

  it('finds none where the header is not whole', () => {
    for (const [version, whole] of [
      [4, 20],
      [6, 40],
    ] as const) {
      for (let length = 0; length < whole; length++) expect(ipLayout(packet(version, length))).toBeUndefined()
    }
  })

  it('finds none in other versions', () => {
    for (let version = 0; version < 16; version++) {
      if (version !== 4 && version !== 6) expect(ipLayout(packet(version, 60))).toBeUndefined()
    }
  })
})
