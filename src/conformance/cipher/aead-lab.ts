import { strict as assert } from 'node:assert'
import type { Aead, AeadAlgorithm, AeadFunctions } from '../../core/api/aead.js'
import { aeadOf } from '../../core/api/aead-of-functions.js'
import { guarded, randomBytes, randomFrom } from '../kit/packets.js'

/** What goes into sealing one text. */
export interface Sealing {
  readonly key: Uint8Array
  readonly nonce: Uint8Array
  readonly associated: Uint8Array
  readonly text: Uint8Array
}

/** Seals and opens by an algorithm, with a key made usable anew each time. All of it is the same for one seed. */
export class AeadLab {
  readonly algorithm: AeadAlgorithm
  readonly #random: () => number

  constructor(aead: AeadFunctions | AeadAlgorithm, seed: number) {
    this.algorithm = aeadOf(aead)
    this.#random = randomFrom(seed)
  }

  bytes(length: number): Uint8Array {
    return randomBytes(length, this.#random)
  }

  /** What a text of some bytes is sealed with: all of it drawn, but for the text if it is given. */
  sealing(text: number | Uint8Array = 100): Sealing {
    const { keyBytes, nonceBytes } = this.algorithm
    return {
      key: this.bytes(keyBytes),
      nonce: this.bytes(nonceBytes),
      associated: this.bytes(32),
      text: typeof text === 'number' ? this.bytes(text) : text,
    }
  }

  /** The sealed text with its tag. */
  seal(sealing: Sealing): Uint8Array {
    return this.sealBy(this.algorithm.withKey(Uint8Array.from(sealing.key)), sealing)
  }

  /** As `seal`, by a key that was made usable before. */
  sealBy(aead: Aead, { nonce, associated, text }: Sealing): Uint8Array {
    const { tagBytes } = this.algorithm
    const { bytes, intact } = guarded(new Uint8Array(text.length + tagBytes))
    bytes.set(text)
    writeNonce(aead, nonce)
    aead.seal(bytes, 0, text.length, associated)
    assert.ok(intact(), 'seal wrote beyond the text and its tag')
    return bytes
  }

  /** The text of a sealed one; undefined if it is not authentic. */
  open(sealing: Sealing, sealed: Uint8Array): Uint8Array | undefined {
    return this.openBy(this.algorithm.withKey(Uint8Array.from(sealing.key)), sealing, sealed)
  }

  /** As `open`, by a key that was made usable before. */
  openBy(aead: Aead, { nonce, associated }: Sealing, sealed: Uint8Array): Uint8Array | undefined {
    const length = sealed.length - this.algorithm.tagBytes
    const { bytes, intact } = guarded(sealed)
    writeNonce(aead, nonce)
    const authentic = aead.open(bytes, 0, length, associated)
    assert.ok(intact(), 'open wrote beyond the sealed text')
    return authentic ? bytes.subarray(0, length) : undefined
  }

  /** Throws unless `sealed` is refused with what `changed` says, and opens with what it was sealed with. */
  refuses(what: string, sealing: Sealing, sealed: Uint8Array, changed: Partial<Sealing>): void {
    assert.equal(this.open({ ...sealing, ...changed }, sealed), undefined, `it opens with ${what}`)
  }
}

/** Copies of some bytes, each with one bit of another byte changed, and where that is. */
export function* changedOnce(bytes: Uint8Array): Generator<{ at: number; changed: Uint8Array }> {
  for (let at = 0; at < bytes.length; at++) {
    const changed = Uint8Array.from(bytes)
    changed[at]! ^= 1 << (at % 8)
    yield { at, changed }
  }
}

/** Throws unless two texts are equal. */
export function sameText(found: Uint8Array | undefined, expected: Uint8Array, what: string): void {
  assert.ok(found !== undefined, `${what} does not open`)
  assert.ok(Buffer.compare(found, expected) === 0, `${what} opens to another text`)
}

function writeNonce({ nonce }: Aead, bytes: Uint8Array): void {
  assert.equal(nonce.byteLength, bytes.length, 'its nonces have another length than it says')
  for (const [at, byte] of bytes.entries()) nonce.setUint8(at, byte)
}
