import { createCipheriv, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type AeadVector, aeadCases } from '../../../src/conformance/cipher/aead-cases.js'
import type { Aead, AeadAlgorithm, AeadFunctions } from '../../../src/core/api/aead.js'
import { aeadOf } from '../../../src/core/api/aead-of-functions.js'

const TAG_BYTES = 16

type Bytes = Uint8Array<ArrayBufferLike>

/** ChaCha20 and then HMAC-SHA-256, each of whose steps can be broken. */
interface Steps {
  /** What the key stream is made of. */
  stream?(key: Bytes, nonce: Bytes): { key: Bytes; nonce: Bytes }
  /** The bytes of a text that are hidden. */
  hidden?(text: Bytes): Bytes
  /** What the tag is made of. */
  bound?(nonce: Bytes, associated: Bytes, sealed: Bytes): Bytes[]
  /** The key of the tag. */
  tagKey?(key: Bytes): Bytes
  /** Bytes of the tag that are compared. */
  readonly compared?: number
  /** Whether to open at all. */
  opens?(text: Bytes, associated: Bytes): boolean
  /** What is done to what was lent. */
  afterwards?(nonce: Bytes, associated: Bytes): void
}

function functions(steps: Steps = {}): AeadFunctions {
  const {
    stream = (key, nonce) => ({ key, nonce }),
    hidden = (text) => text,
    bound = (nonce, associated, sealed) => [Uint8Array.of(associated.length), nonce, associated, sealed],
    tagKey = (key) => key,
    compared = TAG_BYTES,
    opens = () => true,
    afterwards = () => {},
  } = steps
  /** XORs with the key stream, which is its own opposite. */
  const turned = (ofKey: Bytes, ofNonce: Bytes, text: Bytes) => {
    const { key, nonce } = stream(ofKey, ofNonce)
    const made = Uint8Array.from(text)
    made.set(createCipheriv('chacha20', key, Buffer.concat([Buffer.alloc(4), nonce])).update(hidden(text)))
    return made
  }
  const tagOf = (key: Bytes, nonce: Bytes, associated: Bytes, sealed: Bytes) => {
    const code = createHmac('sha256', tagKey(key))
    for (const part of bound(nonce, associated, sealed)) code.update(part)
    return code.digest().subarray(0, TAG_BYTES)
  }
  return {
    ...{ keyBytes: 32, nonceBytes: 12, tagBytes: TAG_BYTES },
    seal(key, nonce, text, associated) {
      const sealed = turned(key, nonce, text)
      const made = Buffer.concat([sealed, tagOf(key, nonce, associated, sealed)])
      afterwards(nonce, associated)
      return made
    },
    open(key, nonce, sealed, associated) {
      const [text, tag] = [sealed.subarray(0, -TAG_BYTES), sealed.subarray(-TAG_BYTES)]
      const right = tagOf(key, nonce, associated, text).subarray(0, compared)
      if (!right.equals(tag.subarray(0, compared)) || !opens(text, associated)) return undefined
      return turned(key, nonce, text)
    },
  }
}

/** Keys that work in place, by `functions`, each made by `withKey` of what the plain way makes. */
function algorithm(withKey: (plain: AeadAlgorithm, key: Uint8Array) => Aead): AeadAlgorithm {
  const plain = aeadOf(functions())
  return { ...plain, withKey: (key) => withKey(plain, key) }
}

/** Delegates each call to what `current` yields then. */
function late(current: () => Aead): Aead {
  const nonce = new DataView(new ArrayBuffer(12))
  const ready = () => {
    const aead = current()
    for (let at = 0; at < 12; at++) aead.nonce.setUint8(at, nonce.getUint8(at))
    return aead
  }
  return {
    nonce,
    seal: (...all) => ready().seal(...all),
    open: (...all) => ready().open(...all),
    erase() {},
  }
}

/** A vector that an algorithm made itself, so that only what is expected catches it. */
function vectorOf(aead: AeadFunctions | AeadAlgorithm): AeadVector {
  const made = aeadOf(aead).withKey(Uint8Array.from({ length: 32 }, (_, at) => 1 + at))
  for (let at = 0; at < 12; at++) made.nonce.setUint8(at, 0x40 + at)
  const bytes = Buffer.alloc(5 + TAG_BYTES)
  bytes.write('hello')
  made.seal(bytes, 0, 5, Uint8Array.of(1, 2, 3))
  return {
    key: Buffer.from(Array.from({ length: 32 }, (_, at) => 1 + at)).toString('hex'),
    nonce: Buffer.from(Array.from({ length: 12 }, (_, at) => 0x40 + at)).toString('hex'),
    associated: '010203',
    text: Buffer.from('hello').toString('hex'),
    sealed: bytes.toString('hex'),
  }
}

function failing(aead: AeadFunctions | AeadAlgorithm, vectors: AeadVector[]): string[] {
  return aeadCases({ aead, vectors }).flatMap(({ name, run }) => {
    try {
      void run()
      return []
    } catch {
      return [name]
    }
  })
}

function zeroed(bytes: Bytes, from: number, to: number): Bytes {
  return Uint8Array.from(bytes).fill(0, from, to)
}

let lastMade: Aead

/** A broken part for each case, which nothing but that finds out. */
const BROKEN: Readonly<Record<string, AeadFunctions | AeadAlgorithm>> = {
  'opens what it sealed, of every length, which grew by its tag': functions({
    opens: (text) => text.length > 0,
  }),
  'opens what it sealed without associated data': functions({
    opens: (_text, associated) => associated.length > 0,
  }),
  'opens nothing with another key': functions({
    stream: (key, nonce) => ({ key: zeroed(key, 31, 32), nonce }),
    tagKey: (key) => zeroed(key, 31, 32),
  }),
  'opens nothing with another nonce': functions({
    bound: (nonce, associated, sealed) => [
      Uint8Array.of(associated.length),
      zeroed(nonce, 0, 4),
      associated,
      sealed,
    ],
  }),
  'opens nothing with other associated data': functions({
    bound: (nonce, associated, sealed) => [
      Uint8Array.of(associated.length),
      nonce,
      zeroed(associated, 31, 32),
      sealed,
    ],
  }),
  'takes no associated data for text, nor text for it': functions({
    bound: (nonce, associated, sealed) => [nonce, associated, sealed],
  }),
  'opens nothing whose text was changed or cut': functions({
    bound: (nonce, associated, sealed) => [
      Uint8Array.of(associated.length),
      nonce,
      associated,
      zeroed(sealed, 99, 100),
    ],
  }),
  'opens nothing whose tag was changed': functions({ compared: TAG_BYTES - 1 }),
  'hides the whole text': functions({ hidden: (text) => text.subarray(0, 128) }),
  'seals a text to other bytes under each nonce': functions({
    stream: (key, nonce) => ({ key, nonce: zeroed(nonce, 0, 12) }),
  }),
  'seals a text to other bytes under each key': functions({
    stream: (key, nonce) => ({ key: zeroed(key, 0, 32), nonce }),
  }),
  'keeps keys apart that are used by turns': algorithm((plain, key) => {
    lastMade = plain.withKey(key)
    return late(() => lastMade)
  }),
  'keeps its key when what it was given is overwritten': algorithm((plain, key) =>
    late(() => plain.withKey(key)),
  ),
  'leaves the nonce and the associated data as they were': functions({
    afterwards: (nonce) => nonce.fill(0),
  }),
}

describe('aeadCases', () => {
  it('finds nothing wrong with sound parts', () => {
    for (const sound of [functions(), algorithm((plain, key) => plain.withKey(key))]) {
      expect(failing(sound, [vectorOf(sound)])).toEqual([])
    }
  })

  it.each(Object.entries(BROKEN))('alone finds what breaks: %s', (name, broken) => {
    expect(failing(broken, [vectorOf(broken)])).toEqual([name])
  })

  it('alone finds by its vectors what is another algorithm', () => {
    const other = functions({ stream: (key, nonce) => ({ key: key.toReversed(), nonce }) })
    expect(failing(other, [vectorOf(functions())])).toEqual(['makes and opens what its vectors say'])
    expect(failing(functions(), [])).toEqual(['makes and opens what its vectors say'])
  })

  it('has a broken part for each of its cases, and says of each what is promised', () => {
    const cases = aeadCases({ aead: functions(), vectors: [] })
    const proven = [...Object.keys(BROKEN), 'makes and opens what its vectors say']
    expect(cases.map(({ name }) => name).toSorted()).toEqual(proven.toSorted())
    for (const { promise } of cases) expect(promise).toMatch(/^[A-Z].*\.$/)
  })

  it('finds memory written beyond a text', () => {
    const beyond = algorithm((plain, key) => {
      const aead = plain.withKey(key)
      return {
        nonce: aead.nonce,
        seal(bytes, at, length, associated) {
          aead.seal(bytes, at, length, associated)
          new Uint8Array(bytes.buffer)[bytes.byteOffset + bytes.length]! ^= 1
        },
        open: (...all) => aead.open(...all),
        erase() {},
      }
    })
    expect(failing(beyond, [vectorOf(functions())]).length).toBeGreaterThan(0)
  })
})
