import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { xor } from '../../src/ciphers/xor.js'
import { testCipher } from '../../src/conformance/index.js'
import type { Cipher } from '../../src/core/api/cipher.js'
import { ConfigError } from '../../src/core/api/errors.js'
import { type Logger, silentLogger } from '../../src/core/api/logger.js'
import { MAX_PACKET, packetOf } from '../../src/core/api/packet.js'
import type { CipherSettings } from '../../src/core/plugin/plugin.js'
import { partContext } from '../support/ciphers/part-context.js'
import { deadLink } from '../support/links.js'
import { readVectors } from '../support/vectors.js'

interface Vectors {
  readonly seal: readonly { key: string; packet: string; datagram: string }[]
  readonly accept: readonly { name: string; key: string; packet: string; datagram: string }[]
  readonly reject: readonly { name: string; key: string; datagram: string }[]
}

const KEY = '1234abcd'
const link = deadLink()

testCipher({
  name: 'xor',
  authenticates: false,
  setup: () => ({ near: { cipher: create(), peer: 'peer' }, far: { cipher: create(), peer: 'peer' } }),
})

describe('xor', () => {
  describe('vectors of CrapVPN', () => {
    const vectors = readVectors<Vectors>('crapvpn.json')

    it('seals every packet to its datagram, in place and without room', () => {
      for (const { key, packet, datagram } of vectors.seal) {
        const cipher = create({ key })
        expect(hex(sealOne(cipher, packetOf(bytes(packet)).bytes))).toBe(datagram)
        expect(hex(sealOne(cipher, bytes(packet)))).toBe(datagram)
      }
    })

    it('opens every datagram to its packet', () => {
      for (const { key, packet, datagram } of [...vectors.seal, ...vectors.accept]) {
        expect(hex(openOne(create({ key }), bytes(datagram))!)).toBe(packet)
      }
    })

    it('drops and counts every datagram to be rejected', () => {
      for (const { name, key, datagram } of vectors.reject) {
        const cipher = create({ key })
        expect(openOne(cipher, bytes(datagram)), name).toBeUndefined()
        expect(cipher.drops.malformed, name).toBe(1)
      }
    })
  })

  it('drops and counts a datagram with any change of its magic or length', () => {
    const cipher = create()
    let dropped = 0
    for (let at = 0; at < 6; at++) {
      for (let change = 1; change < 256; change++) {
        const datagram = sealOne(cipher, bytes('00112233')).slice()
        datagram[at]! ^= change
        expect(openOne(cipher, datagram)).toBeUndefined()
        expect(cipher.drops.malformed).toBe(++dropped)
      }
    }
  })

  it('ignores the reserved bytes', () => {
    const cipher = create()
    const datagram = sealOne(cipher, bytes('00112233')).slice()
    datagram.fill(0xff, 6, 8)
    expect(hex(openOne(cipher, datagram)!)).toBe('00112233')
  })

  it('seals where the packet lies', () => {
    const packet = packetOf(bytes('00112233')).bytes
    const datagram = sealOne(create(), packet)
    expect(datagram.buffer).toBe(packet.buffer)
    expect(datagram.byteOffset).toBe(packet.byteOffset - 8)
  })

  it('gives back each packet of a batch, whatever its key, length, alignment and room', () => {
    const batch = fc.array(
      fc.record({ content: fc.uint8Array({ maxLength: 200 }), offset: fc.nat(3), room: fc.boolean() }),
      { maxLength: 8 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), batch, (key, packets) => {
        const cipher = create({ key: hex(key) })
        const lent = packets.map(({ content, offset, room }) => ({
          bytes: room ? packetOf(content).bytes : shifted(content, offset),
          segmentSize: 0,
          checksum: 'full' as const,
        }))
        const datagrams = cipher.seal('peer', lent, MAX_PACKET, 0).map((datagram) => shifted(datagram, 1))
        const opened = cipher.open(link, datagrams, 0).opened[0]?.packets ?? []
        expect(opened.map((packet) => hex(packet.bytes))).toEqual(packets.map(({ content }) => hex(content)))
      }),
    )
  })

  it('starts the key anew with each packet', () => {
    const cipher = create()
    const first = sealOne(cipher, bytes('000000')).slice()
    expect(hex(sealOne(cipher, bytes('000000')))).toBe(hex(first))
  })

  it('opens the largest packet there is', () => {
    const cipher = create()
    const packet = new Uint8Array(MAX_PACKET).fill(7)
    expect(openOne(cipher, sealOne(cipher, packet.slice()))).toEqual(packet)
  })

  it('never throws for random bytes of any length up to 65,535', () => {
    const cipher = create()
    const datagram = fc.oneof(fc.uint8Array({ maxLength: 64 }), fc.nat(MAX_PACKET).map(noise))
    fc.assert(
      fc.property(datagram, fc.boolean(), (content, magic) => {
        if (magic) content.set([0x63, 0x72, 0x61, 0x70].slice(0, content.length))
        const before = cipher.drops.malformed!
        const opened = openOne(cipher, content)
        expect(cipher.drops.malformed! - before).toBe(opened === undefined ? 1 : 0)
      }),
    )
  })

  it('warns once that it protects nothing, without the key', () => {
    const warnings: string[] = []
    create({}, { ...silentLogger, warn: (message) => warnings.push(message) })
    expect(warnings).toEqual(['The xor cipher protects nothing: anyone can read and forge packets'])
  })

  it.each([
    [undefined, 'Cannot use xor without a key: give hex digits, two per byte, such as 1234ABCD'],
    ['', 'Cannot read the key for xor: it is empty, not at least 2 hex digits'],
    ['abc', 'Cannot read the key for xor: it has 3 hex digits, not an even number'],
    ['12g4', 'Cannot read the key for xor: its character 3 is not a hex digit (0 to 9, A to F)'],
    ['0x12', 'Cannot read the key for xor: its character 2 is not a hex digit (0 to 9, A to F)'],
  ])('refuses the key %j', (key, message) => {
    expect(() => create({ key })).toThrow(ConfigError)
    expect(() => create({ key })).toThrow(message)
  })

  it('takes exactly one peer', () => {
    expect(() => create({ peers: [{ id: 'a' }, { id: 'b' }] })).toThrow(
      'Cannot use xor with 2 peers: it takes exactly 1',
    )
  })
})

function create(settings: Partial<CipherSettings> = {}, log: Logger = silentLogger): Cipher {
  return xor.create({ key: KEY, peers: [{ id: 'peer' }], ...settings, ...partContext({ log }) })
}

function sealOne(cipher: Cipher, content: Uint8Array): Uint8Array {
  return cipher.seal('peer', [{ bytes: content, segmentSize: 0, checksum: 'full' }], 70_000, 0)[0]!
}

function openOne(cipher: Cipher, datagram: Uint8Array): Uint8Array | undefined {
  return cipher.open(link, [datagram], 0).opened[0]?.packets[0]?.bytes
}

/** A copy that starts `offset` bytes into its memory, with no room after it. */
function shifted(content: Uint8Array, offset: number): Uint8Array {
  const memory = new Uint8Array(offset + content.length)
  memory.set(content, offset)
  return memory.subarray(offset)
}

function noise(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 197) >>> 3)
}

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'))
}

function hex(content: Uint8Array): string {
  return Buffer.from(content).toString('hex')
}
