import type { Cipher } from '../core/api/cipher.js'
import { ConfigError } from '../core/api/errors.js'
import { hasRoom, MAX_PACKET, packetOf } from '../core/api/packet.js'
import { statelessCipher } from '../core/api/stateless-cipher.js'
import { part } from '../core/bytes/views.js'
import type { CipherContext, CipherPart, CipherSettings } from '../core/plugin/plugin.js'
import { CIPHER_SUMMARIES } from './summaries.js'

/** Bytes: `crap`, the length of the ciphertext, two reserved bytes. */
const HEADER = 8
/** `crap` in ASCII. */
const MAGIC = [0x63, 0x72, 0x61, 0x70] as const
/** 16 bits, big-endian: bytes of ciphertext. */
const LENGTH = 4
/** Sent as 0, ignored when received. */
const RESERVED = 6

/** Bytes of the key repeated: enough for any packet, in whole 32-bit words. */
const MASK = MAX_PACKET + 1

/** CrapVPN's cipher, byte for byte: each packet XOR a repeated key. It hides packets from nobody who looks. */
export const xor = {
  name: 'xor',
  summary: CIPHER_SUMMARIES.xor,
  create(context: CipherContext): Cipher {
    const key = readKey(context.key)
    const peer = onlyPeer(context)
    context.log.warn('The xor cipher protects nothing: anyone can read and forge packets')
    return xorCipher(peer, key)
  },
} satisfies CipherPart

/** The cipher for a key of at least one byte. */
function xorCipher(peer: string, key: Uint8Array): Cipher {
  const mask = new Uint8Array(MASK)
  for (let index = 0; index < MASK; index++) mask[index] = key[index % key.length]!
  const maskWords = new Uint32Array(mask.buffer)

  function applyMask(bytes: Uint8Array): void {
    let index = 0
    if (bytes.byteOffset % 4 === 0) {
      const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2)
      for (let word = 0; word < words.length; word++) words[word]! ^= maskWords[word]!
      index = words.length * 4
    }
    for (; index < bytes.length; index++) bytes[index]! ^= mask[index]!
  }

  return statelessCipher(peer, {
    overhead: HEADER,
    seal(packet) {
      const bytes = hasRoom(packet) ? packet : packetOf(packet).bytes
      applyMask(bytes)
      const datagram = part(bytes, -HEADER, bytes.length)
      datagram.set(MAGIC)
      datagram[LENGTH] = bytes.length >>> 8
      datagram[LENGTH + 1] = bytes.length & 0xff
      datagram[RESERVED] = 0
      datagram[RESERVED + 1] = 0
      return datagram
    },
    open(datagram) {
      if (!isWhole(datagram)) return undefined
      const packet = datagram.subarray(HEADER)
      applyMask(packet)
      return packet
    },
  })
}

function isWhole(datagram: Uint8Array): boolean {
  if (datagram.length < HEADER) return false
  for (let index = 0; index < MAGIC.length; index++) if (datagram[index] !== MAGIC[index]) return false
  return ((datagram[LENGTH]! << 8) | datagram[LENGTH + 1]!) === datagram.length - HEADER
}

/** The key's bytes. Messages tell what is wrong with the key but never what it is. */
function readKey(text: string | undefined): Uint8Array {
  if (text === undefined) {
    throw new ConfigError('Cannot use xor without a key: give hex digits, two per byte, such as 1234ABCD', {
      code: 'ERR_CONFIG_MISSING',
    })
  }
  const wrong = text.search(/[^0-9a-f]/i)
  if (wrong >= 0) throw badKey(`its character ${wrong + 1} is not a hex digit (0 to 9, A to F)`)
  if (text.length === 0) throw badKey('it is empty, not at least 2 hex digits')
  if (text.length % 2 !== 0) throw badKey(`it has ${text.length} hex digits, not an even number`)
  return Buffer.from(text, 'hex')
}

function badKey(reason: string): ConfigError {
  return new ConfigError(`Cannot read the key for xor: ${reason}`, { code: 'ERR_CONFIG_VALUE' })
}

function onlyPeer({ peers }: CipherSettings): string {
  const [peer] = peers
  if (peer === undefined || peers.length > 1) {
    throw new ConfigError(`Cannot use xor with ${peers.length} peers: it takes exactly 1`, {
      code: 'ERR_CONFIG_VALUE',
    })
  }
  return peer.id
}
