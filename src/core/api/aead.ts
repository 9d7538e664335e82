import type { Logger } from './logger.js'

/** What an algorithm for authenticated encryption measures: RFC 5116. */
export interface AeadLengths {
  /** Bytes of a key: 16 to 32. */
  readonly keyBytes: number
  /** Bytes of a nonce: 8 to 32, a multiple of 4. The last 8 are a counter, the others 0. */
  readonly nonceBytes: number
  /** Bytes of the tag that follows a sealed text: 16 to 32. */
  readonly tagBytes: number
  /** Whether the counter in a nonce is big-endian, as Noise has it for AES-GCM; little-endian if absent. */
  readonly bigEndianCounter?: boolean | undefined
}

/**
 * An algorithm as two functions. Their arguments are lent until they return; `text` and `sealed` may be overwritten.
 * No nonce comes twice under one key.
 */
export interface AeadFunctions extends AeadLengths {
  /** The sealed text with its tag behind it: `tagBytes` longer than `text`. `associated` may be empty. */
  seal(key: Uint8Array, nonce: Uint8Array, text: Uint8Array, associated: Uint8Array): Uint8Array
  /**
   * The text of `sealed`, which is at least a tag. Whatever unknown sources send comes here: what is not authentic is
   * undefined, or a throw, and the datagram is dropped and counted.
   */
  open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, associated: Uint8Array): Uint8Array | undefined
}

/** An algorithm whose keys are made ready once and seal texts where they lie, as native code does. */
export interface AeadAlgorithm extends AeadLengths {
  /** Makes a key usable: `keyBytes` long, and copied. Each message of a handshake has a key of its own. */
  withKey(key: Uint8Array): Aead
  /** What takes the place of `withKey` for the keys of a session, which seal many texts; absent if that is the same. */
  inSessions?(log: Logger): (key: Uint8Array) => Aead
}

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
  /**
   * As `seal`, but what is sealed is written to another place `to` of the memory, which does not overlap the text. Absent if an
   * algorithm only seals in place; then whoever seals copies first. The same memory as a rule.
   *
   * @throws RangeError when the memory ends before either does.
   */
  sealInto?(memory: Uint8Array, at: number, length: number, to: number): void
  /**
   * As `open`, but the text is written to another place `to` of the memory, which overlaps neither the sealed one nor its tag. Absent
   * as `sealInto` is.
   */
  openInto?(memory: Uint8Array, at: number, length: number, to: number): boolean
  /** Forgets the key. It must not be used afterwards. */
  erase(): void
}
