import { isUnawaited } from '../time/unawaited.js'
import type { Aead, AeadAlgorithm, AeadFunctions } from './aead.js'
import { PluginError } from './errors.js'

const NOTHING = new Uint8Array(0)

/** The algorithm that two functions are; one that is an algorithm already stays as it is. */
export function aeadOf(aead: AeadFunctions | AeadAlgorithm): AeadAlgorithm {
  if ('withKey' in aead) return aead
  const { keyBytes, nonceBytes, tagBytes, bigEndianCounter } = aead
  return { keyBytes, nonceBytes, tagBytes, bigEndianCounter, withKey: (key) => new KeyOfFunctions(aead, key) }
}

class KeyOfFunctions implements Aead {
  readonly nonce: DataView
  readonly #nonceBytes: Uint8Array
  readonly #functions: AeadFunctions
  readonly #key: Uint8Array

  constructor(functions: AeadFunctions, key: Uint8Array) {
    this.#functions = functions
    this.#key = Uint8Array.from(key)
    this.#nonceBytes = new Uint8Array(functions.nonceBytes)
    this.nonce = new DataView(this.#nonceBytes.buffer)
  }

  seal(bytes: Uint8Array, at: number, length: number, associated = NOTHING): void {
    const text = bytes.subarray(at, at + length)
    const sealed = this.#functions.seal(this.#key, this.#nonceBytes, text, associated)
    const whole = length + this.#functions.tagBytes
    // Anything else would send what the text was, or half of it.
    if (!(sealed instanceof Uint8Array) || sealed.length !== whole) {
      const made = sealed instanceof Uint8Array ? `${sealed.length} bytes` : typeOf(sealed)
      throw new PluginError(
        `Cannot seal: the function 'seal' made ${made} of a text of ${length} bytes, not ${whole} bytes with the tag`,
        { code: 'ERR_PLUGIN_INVALID' },
      )
    }
    bytes.set(sealed, at)
  }

  open(bytes: Uint8Array, at: number, length: number, associated = NOTHING): boolean {
    const sealed = bytes.subarray(at, at + length + this.#functions.tagBytes)
    let text: Uint8Array | undefined
    try {
      text = this.#functions.open(this.#key, this.#nonceBytes, sealed, associated)
    } catch {
      return false // most libraries throw for a wrong tag, which anybody may send
    }
    if (isUnawaited(text)) {
      const why = "the function 'open' returns a promise; it must open before it returns"
      throw new PluginError(`Cannot open: ${why}`, { code: 'ERR_PLUGIN_INVALID' })
    }
    if (!(text instanceof Uint8Array) || text.length !== length) return false
    bytes.set(text, at)
    return true
  }

  erase(): void {
    this.#key.fill(0)
  }
}

/** What a message calls a value without showing it: it may hold a packet's text. */
function typeOf(value: unknown): string {
  return isUnawaited(value) ? 'a promise' : `a value of type ${typeof value}`
}
