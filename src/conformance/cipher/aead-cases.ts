import { strict as assert } from 'node:assert'
import type { AeadAlgorithm, AeadFunctions } from '../../core/api/aead.js'
import type { Case } from '../kit/case.js'
import { DEFAULT_SEED } from '../kit/seed.js'
import { AeadLab, changedOnce, sameText } from './aead-lab.js'

/** Bytes: all that few blocks can be, then those of packets, keepalives and super-packets. */
const LENGTHS = [...Array(131).keys(), 1420, 9000, 65_535]
/** Nonces and keys that one text is sealed with. */
const TIMES = 32
/** Bytes of a text long enough that no two are sealed alike by chance. */
const LONG = 256
/** Bytes out of LONG that are by chance what they were: one, and more than 16 in no lifetime. */
const MOST_ALIKE = 16

/** A known answer, all of it in hexadecimal. */
export interface AeadVector {
  readonly key: string
  readonly nonce: string
  /** Empty if absent. */
  readonly associated?: string
  readonly text: string
  /** The sealed text, and the tag behind it. */
  readonly sealed: string
}

/** What the cases need to know about an algorithm. */
export interface AeadCase {
  /** What is given to `noiseCipher`. */
  readonly aead: AeadFunctions | AeadAlgorithm
  /** Known answers, from a source other than the code that is tested; at least one. */
  readonly vectors: readonly AeadVector[]
  /** What random bytes are made from; 1 if absent. */
  readonly seed?: number
}

/**
 * Cases that find out whether an algorithm for authenticated encryption is fit for `noiseCipher`: that key, nonce,
 * associated data, text and tag are bound, that texts are hidden, and that it is the algorithm of its vectors.
 *
 * @param tested the algorithm, and answers of it that are known.
 * @throws nothing: a case rejects if the algorithm breaks its promise.
 * @example
 * for (const { name, run } of aeadCases({ aead, vectors })) test(name, run)
 */
export function aeadCases({ aead, vectors, seed = DEFAULT_SEED }: AeadCase): Case[] {
  const lab = () => new AeadLab(aead, seed)
  return [...opening(lab), ...binding(lab), ...hiding(lab), ...manners(lab), known(lab, vectors)]
}

function opening(lab: () => AeadLab): Case[] {
  return [
    {
      name: 'opens what it sealed, of every length, which grew by its tag',
      promise: 'A sealed text is as long as the text and its tag, and opens to the text.',
      run() {
        const made = lab()
        for (const length of LENGTHS) {
          const sealing = made.sealing(length)
          sameText(made.open(sealing, made.seal(sealing)), sealing.text, `a text of ${length} bytes`)
        }
      },
    },
    {
      name: 'opens what it sealed without associated data',
      promise: 'Data of a session has no associated data.',
      run() {
        const made = lab()
        const sealing = { ...made.sealing(), associated: new Uint8Array(0) }
        sameText(made.open(sealing, made.seal(sealing)), sealing.text, 'a text')
      },
    },
  ]
}

function binding(lab: () => AeadLab): Case[] {
  return [
    {
      name: 'opens nothing with another key',
      promise: 'Each byte of the key is bound.',
      run() {
        const made = lab()
        const sealing = made.sealing()
        const sealed = made.seal(sealing)
        for (const { at, changed } of changedOnce(sealing.key)) {
          made.refuses(`byte ${at} of the key changed`, sealing, sealed, { key: changed })
        }
      },
    },
    {
      name: 'opens nothing with another nonce',
      promise: 'Each byte of the nonce is bound: a datagram opens under its own counter only.',
      run() {
        const made = lab()
        const sealing = made.sealing()
        const sealed = made.seal(sealing)
        for (const { at, changed } of changedOnce(sealing.nonce)) {
          made.refuses(`byte ${at} of the nonce changed`, sealing, sealed, { nonce: changed })
        }
      },
    },
    {
      name: 'opens nothing with other associated data',
      promise: 'The associated data is bound: in a handshake it is the hash of all that was said before.',
      run() {
        const made = lab()
        const sealing = made.sealing()
        const { associated } = sealing
        const sealed = made.seal(sealing)
        for (const { at, changed } of changedOnce(associated)) {
          made.refuses(`byte ${at} of the associated data changed`, sealing, sealed, { associated: changed })
        }
        const others = {
          cut: associated.subarray(1),
          longer: Uint8Array.of(...associated, 0),
          none: new Uint8Array(0),
        }
        for (const [what, other] of Object.entries(others)) {
          made.refuses(`associated data that is ${what}`, sealing, sealed, { associated: other })
        }
      },
    },
    {
      name: 'takes no associated data for text, nor text for it',
      promise: 'It is bound where the associated data ends and the text begins.',
      run() {
        const made = lab()
        const sealing = made.sealing(64)
        const sealed = made.seal(sealing)
        const split = sealing.associated.length - 1
        const moved = Uint8Array.of(...sealing.associated.subarray(split), ...sealed)
        made.refuses('its last byte before the text', sealing, moved, {
          associated: sealing.associated.subarray(0, split),
        })
        const longer = Uint8Array.of(...sealing.associated, ...sealed.subarray(0, 1))
        made.refuses('the first byte of the text behind it', sealing, sealed.subarray(1), {
          associated: longer,
        })
      },
    },
    {
      name: 'opens nothing whose text was changed or cut',
      promise: 'Each byte of the sealed text is bound, and how many there are.',
      run() {
        const made = lab()
        const sealing = made.sealing()
        const { length } = sealing.text
        const sealed = made.seal(sealing)
        const tag = sealed.subarray(length)
        for (const { at, changed } of changedOnce(sealed.subarray(0, length))) {
          made.refuses(`byte ${at} of the text changed`, sealing, Uint8Array.of(...changed, ...tag), {})
        }
        made.refuses(
          'a text that is cut',
          sealing,
          Uint8Array.of(...sealed.subarray(0, length - 1), ...tag),
          {},
        )
        const longer = Uint8Array.of(...sealed.subarray(0, length), 0, ...tag)
        made.refuses('a text that is longer', sealing, longer, {})
      },
    },
    {
      name: 'opens nothing whose tag was changed',
      promise: 'The whole tag is compared.',
      run() {
        const made = lab()
        const sealing = made.sealing()
        const { length } = sealing.text
        const sealed = made.seal(sealing)
        for (const { at, changed } of changedOnce(sealed.subarray(length))) {
          const forged = Uint8Array.of(...sealed.subarray(0, length), ...changed)
          made.refuses(`byte ${at} of the tag changed`, sealing, forged, {})
        }
      },
    },
  ]
}

function hiding(lab: () => AeadLab): Case[] {
  return [
    {
      name: 'hides the whole text',
      promise: 'A sealed text shows nothing of the text.',
      run() {
        const made = lab()
        const sealing = made.sealing(LONG)
        const sealed = made.seal(sealing)
        for (const [from, to] of [
          [0, LONG / 2],
          [LONG / 2, LONG],
        ] as const) {
          let alike = 0
          for (let at = from; at < to; at++) if (sealed[at] === sealing.text[at]) alike++
          assert.ok(alike <= MOST_ALIKE, `${alike} bytes from ${from} to ${to} are what they were`)
        }
      },
    },
    {
      name: 'seals a text to other bytes under each nonce',
      promise: 'No nonce leads to the key stream of another: two texts would show their difference.',
      run() {
        const made = lab()
        const sealing = made.sealing(new Uint8Array(LONG))
        const seen = new Set<string>()
        for (let counter = 0; counter < TIMES; counter++) {
          const nonce = new Uint8Array(sealing.nonce.length)
          nonce[made.algorithm.bigEndianCounter ? nonce.length - 1 : nonce.length - 8] = counter
          seen.add(hex(made.seal({ ...sealing, nonce }).subarray(0, LONG)))
        }
        assert.equal(seen.size, TIMES, `${TIMES} nonces lead to ${seen.size} sealed texts`)
      },
    },
    {
      name: 'seals a text to other bytes under each key',
      promise: 'No key leads to the key stream of another.',
      run() {
        const made = lab()
        const sealing = made.sealing(new Uint8Array(LONG))
        const seen = new Set<string>()
        for (let times = 0; times < TIMES; times++) {
          seen.add(hex(made.seal({ ...sealing, key: made.sealing().key }).subarray(0, LONG)))
        }
        assert.equal(seen.size, TIMES, `${TIMES} keys lead to ${seen.size} sealed texts`)
      },
    },
  ]
}

function manners(lab: () => AeadLab): Case[] {
  return [
    {
      name: 'keeps keys apart that are used by turns',
      promise: 'Keys that are usable at the same time have nothing in common but memory for the nonce.',
      run() {
        const made = lab()
        const sealings = [made.sealing(), made.sealing()]
        const [one, other] = sealings.map(({ key }) => made.algorithm.withKey(Uint8Array.from(key)))
        const [first, second] = [made.sealBy(one!, sealings[0]!), made.sealBy(other!, sealings[1]!)]
        sameText(made.openBy(one!, sealings[0]!, first), sealings[0]!.text, 'a text of the first key')
        sameText(made.openBy(other!, sealings[1]!, second), sealings[1]!.text, 'a text of the second key')
        assert.equal(hex(first), hex(made.seal(sealings[0]!)), 'the first key sealed as another one')
      },
    },
    {
      name: 'keeps its key when what it was given is overwritten',
      promise: 'A key is copied: it is wiped as soon as it is usable.',
      run() {
        const made = lab()
        const sealing = made.sealing()
        const lent = Uint8Array.from(sealing.key)
        const aead = made.algorithm.withKey(lent)
        lent.fill(0)
        sameText(made.open(sealing, made.sealBy(aead, sealing)), sealing.text, 'a text')
      },
    },
    {
      name: 'leaves the nonce and the associated data as they were',
      promise: 'What is lent for a call is not changed, but for the text.',
      run() {
        const made = lab()
        const sealing = made.sealing()
        const aead = made.algorithm.withKey(Uint8Array.from(sealing.key))
        const lent = { ...sealing, associated: Uint8Array.from(sealing.associated) }
        const asBefore = (call: string) => {
          const nonce = new Uint8Array(aead.nonce.buffer, aead.nonce.byteOffset, aead.nonce.byteLength)
          assert.equal(hex(nonce), hex(sealing.nonce), `${call} changed the nonce`)
          assert.equal(hex(lent.associated), hex(sealing.associated), `${call} changed the associated data`)
        }
        const sealed = made.sealBy(aead, lent)
        asBefore('seal')
        made.openBy(aead, lent, sealed)
        asBefore('open')
      },
    },
  ]
}

function known(lab: () => AeadLab, vectors: readonly AeadVector[]): Case {
  return {
    name: 'makes and opens what its vectors say',
    promise: 'It is the algorithm that it is said to be.',
    run() {
      assert.ok(vectors.length > 0, 'it has no vectors')
      const made = lab()
      for (const [number, vector] of vectors.entries()) {
        const { key, nonce, associated = '', text, sealed } = vector
        const sealing = { key: raw(key), nonce: raw(nonce), associated: raw(associated), text: raw(text) }
        const which = `vector ${number + 1} of ${vectors.length}`
        assert.equal(hex(made.seal(sealing)), sealed.toLowerCase(), `${which} is sealed to other bytes`)
        sameText(made.open(sealing, raw(sealed)), sealing.text, which)
      }
    },
  }
}

function raw(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'))
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
