import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packetOf } from '../../../src/core/api/packet.js'
import { statelessCipher } from '../../../src/core/api/stateless-cipher.js'
import { deadLink } from '../../support/links.js'

/** Puts a 7 before each packet. */
const seven = {
  overhead: 1,
  seal: (packet: Uint8Array) => Uint8Array.of(7, ...packet),
  open: (datagram: Uint8Array) => (datagram[0] === 7 ? datagram.subarray(1) : undefined),
}

const some = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 20 })

describe('statelessCipher', () => {
  it('gives back what it sealed, in order', () => {
    const cipher = statelessCipher('peer', seven)
    fc.assert(
      fc.property(some, (contents) => {
        const sealed = cipher.seal('peer', contents.map(packetOf), 100, 0)
        const { opened, replies } = cipher.open(deadLink(), [...sealed], 0)
        expect(opened.flatMap(({ packets }) => packets.map(({ bytes }) => bytes))).toEqual(contents)
        expect(replies).toEqual([])
      }),
    )
  })

  it('drops and counts what is too long for the link', () => {
    const cipher = statelessCipher('peer', seven)
    const packets = [10, 9, 11].map((length) => packetOf(new Uint8Array(length)))
    expect(cipher.seal('peer', packets, 10, 0)).toEqual([Uint8Array.of(7, ...new Uint8Array(9))])
    expect(cipher.drops).toEqual({ malformed: 0, oversized: 2 })
  })

  it('drops and counts what is no datagram, and names no peer where nothing is left', () => {
    const cipher = statelessCipher('peer', seven)
    const result = cipher.open(deadLink(), [Uint8Array.of(7, 1), Uint8Array.of(8, 2), Uint8Array.of(7, 3)], 0)
    expect(result.opened).toMatchObject([{ peer: 'peer', roams: true, probeReplies: [] }])
    expect(result.opened[0]!.packets.map(({ bytes }) => bytes[0])).toEqual([1, 3])
    expect(cipher.open(deadLink(), [Uint8Array.of(8)], 0).opened).toEqual([])
    expect(cipher.drops).toEqual({ malformed: 2, oversized: 0 })
  })

  it('proves nothing, has no sessions, and never wants to be called', () => {
    const cipher = statelessCipher('peer', { seal: (packet) => packet, open: (datagram) => datagram })
    expect(cipher).toMatchObject({ overhead: 0, authenticates: false, nextTick: Number.POSITIVE_INFINITY })
    expect(cipher.sessions).toBeUndefined()
    expect(cipher.tick(0)).toEqual([])
    cipher.close()
  })
})
