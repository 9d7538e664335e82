import { describe, expect, it } from 'vitest'
import type { Family } from '../../../src/native/base/sockets.js'
import { encodeSocketAddress } from '../../../src/native/sockets/socket-address.js'
import type { UdpCarrier, UdpNativeLink } from '../../../src/transports/udp/udp-native-link.js'
import { UdpNativeLinks } from '../../../src/transports/udp/udp-native-links.js'

const NAME_AT = 64
const LOCAL_AT = 128
/** Links that a socket keeps for unknown sources. */
const CAPACITY = 2048

const carrier: UdpCarrier = {
  drops: {},
  send() {},
  sendTrain() {},
  sendUnfragmented: () => true,
  routeLimit: () => undefined,
  async linkClosed() {},
}

describe('UdpNativeLinks', () => {
  it('finds the same link for the same sender and local address only', () => {
    const { from } = table(4)
    const first = from([10, 0, 0, 1], 1, [10, 0, 0, 9])
    expect(from([10, 0, 0, 1], 2, [10, 0, 0, 9])).not.toBe(first)
    expect(from([10, 0, 0, 2], 1, [10, 0, 0, 9])).not.toBe(first)
    expect(from([10, 0, 0, 1], 1, [10, 0, 0, 8])).not.toBe(first)
    expect(from([10, 0, 0, 1], 1, [10, 0, 0, 9])).toBe(first)
    expect(first.remote).toBe('udp://10.0.0.1:1')
    expect(first.source).toEqual(Uint8Array.of(10, 0, 0, 1))
  })

  it('tells IPv6 senders apart by every byte', () => {
    const local = new Array(16).fill(9)
    const base = new Array(16).fill(1)
    for (let byte = 0; byte < 16; byte++) {
      const { from } = table(6)
      const first = from(base, 1, local)
      expect(from(base.with(byte, 2), 1, local)).not.toBe(first)
      expect(from(base, 1, local.with(byte, 2))).not.toBe(first)
      expect(from(base, 1, local)).toBe(first)
      expect(first.remote).toBe('udp://[101:101:101:101:101:101:101:101]:1')
    }
  })

  it('finds a dialled link whatever local address the remote answers to', () => {
    const { links, from } = table(4)
    const unknown = from([10, 0, 0, 1], 1, [10, 0, 0, 9])
    const dialled = links.dial(nameOf(4, [10, 0, 0, 1], 1))
    expect(from([10, 0, 0, 1], 1, [10, 0, 0, 9])).toBe(dialled)
    expect(from([10, 0, 0, 1], 1, [10, 0, 0, 8])).toBe(dialled)
    expect(from([10, 0, 0, 1], 2, [10, 0, 0, 8])).not.toBe(dialled)
    links.forget(dialled)
    expect(from([10, 0, 0, 1], 1, [10, 0, 0, 9])).toBe(unknown)
  })

  it('finds the latest of several links that were dialled to one remote', () => {
    const { links, from } = table(4)
    const name = nameOf(4, [10, 0, 0, 1], 1)
    const [first, second] = [links.dial(name), links.dial(name)]
    expect(from([10, 0, 0, 1], 1)).toBe(second)
    links.forget(second)
    expect(from([10, 0, 0, 1], 1)).toBe(first)
    links.forget(first)
    expect(from([10, 0, 0, 1], 1)).not.toBe(first)
  })

  it('makes a new link after the old one was closed', () => {
    const { links, from } = table(4)
    const first = from([10, 0, 0, 1], 1)
    links.forget(first)
    expect(from([10, 0, 0, 1], 1)).not.toBe(first)
  })

  it('keeps a bounded number of links, however many unknown sources send', () => {
    const { from } = table(4)
    const senders = Array.from({ length: 10_000 }, (_, index) => [
      10,
      index >> 16,
      (index >> 8) & 255,
      index & 255,
    ])
    const made = new Map(senders.map((ip) => [ip, from(ip, 1)]))
    const kept = senders.toReversed().filter((ip) => from(ip, 1) === made.get(ip))
    expect(kept.length).toBeLessThanOrEqual(CAPACITY)
    expect(kept.length).toBeGreaterThan(CAPACITY / 4)
  })

  it('keeps dialled links, however many unknown sources send', () => {
    const { links, from } = table(4)
    const dialled = links.dial(nameOf(4, [10, 9, 9, 9], 1))
    for (let index = 0; index < 10_000; index++) from([10, 0, index >> 8, index & 255], 1)
    expect(from([10, 9, 9, 9], 1)).toBe(dialled)
  })
})

interface Table {
  readonly links: UdpNativeLinks
  /** The link of a message from this sender to this local address. */
  from(ip: readonly number[], port: number, local?: readonly number[]): UdpNativeLink
}

function table(family: Family): Table {
  const memory = new Uint8Array(256)
  const links = new UdpNativeLinks(carrier, new DataView(memory.buffer), family)
  return {
    links,
    from(ip, port, local) {
      memory.set(encodeSocketAddress({ family, ip: Uint8Array.from(ip), port }), NAME_AT)
      if (local !== undefined) memory.set(local, LOCAL_AT)
      return links.from(NAME_AT, local === undefined ? 0 : LOCAL_AT)
    },
  }
}

function nameOf(family: Family, ip: readonly number[], port: number): Uint32Array {
  return new Uint32Array(encodeSocketAddress({ family, ip: Uint8Array.from(ip), port }).buffer)
}
