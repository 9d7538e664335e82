import type { Aead } from '../../core/api/aead.js'

/** Bytes of a key. */
export const KEY_BYTES = 32
/** Bytes of a nonce. */
export const NONCE_BYTES = 12
/** Bytes of the tag that follows a sealed text. */
export const TAG_BYTES = 16

/** Algorithms for authenticated encryption: NIST SP 800-38D, RFC 8439. */
export type AeadName = 'aes-256-gcm' | 'chacha20-poly1305'

/** Makes keys of an algorithm usable. `key` has 32 bytes and is copied. */
export type AeadFactory = (name: AeadName, key: Uint8Array) => Aead

/** Throws a RangeError unless a key has KEY_BYTES: native code would read beyond a shorter one. */
export function checkKey(key: Uint8Array): void {
  if (key.length !== KEY_BYTES) {
    throw new RangeError(`Cannot use a key of ${key.length} bytes: it has ${KEY_BYTES}`)
  }
}

/** Throws a RangeError unless a text of `length` bytes from `at` on and its tag lie within `bytes`. */
export function checkRoom(bytes: Uint8Array, at: number, length: number): void {
  if (at < 0 || length < 0 || at + length + TAG_BYTES > bytes.length) {
    throw new RangeError(
      `Cannot seal or open ${length} bytes at ${at} with a tag: only ${bytes.length} are there`,
    )
  }
}

/** Throws a RangeError unless a text of `length` bytes from `at` on lies within `bytes`. */
export function checkText(bytes: Uint8Array, at: number, length: number): void {
  if (at < 0 || length < 0 || at + length > bytes.length) {
    throw new RangeError(`Cannot seal or open ${length} bytes at ${at}: only ${bytes.length} are there`)
  }
}
