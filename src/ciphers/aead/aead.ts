/** Bytes of a key. */
export const KEY_BYTES = 32
/** Bytes of a nonce. */
export const NONCE_BYTES = 12
/** Bytes of the tag that follows a sealed text. */
export const TAG_BYTES = 16

/** Algorithms for authenticated encryption: NIST SP 800-38D, RFC 8439. */
export type AeadName = 'aes-256-gcm' | 'chacha20-poly1305'

/**
 * One key of an algorithm for authenticated encryption. It seals and opens texts where they lie, and makes no
 * object for it if it can.
 */
export interface Aead {
  /** The nonce of the next call. All of it is written before each call: keys may share it. */
  readonly nonce: DataView
  /**
   * Seals `length` bytes from `at` on and writes the tag behind them.
   *
   * @throws RangeError when `bytes` ends before the tag does.
   */
  seal(bytes: Uint8Array, at: number, length: number, associated?: Uint8Array): void
  /**
   * Opens `length` bytes from `at` on, whose tag follows them. False if the tag is wrong: the bytes then hold
   * nothing of use.
   *
   * @throws RangeError when `bytes` ends before the tag does.
   */
  open(bytes: Uint8Array, at: number, length: number, associated?: Uint8Array): boolean
  /** Forgets the key. It must not be used afterwards. */
  erase(): void
}

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
