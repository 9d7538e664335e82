import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { HASH_BYTES } from '../wire/hash.js'
import {
  COOKIE_BYTES,
  COOKIE_NONCE_AT,
  COOKIE_SEALED_AT,
  RECEIVER_AT,
  startMessage,
  writeIndex,
} from '../wire/messages.js'
import { COOKIE_LIFETIME } from '../wire/times.js'
import { bearsMac2, hasMac2, mac, mac1Of } from './macs.js'

/** Fresh random bytes. */
export type Random = (length: number) => Uint8Array

/**
 * Gives cookies to those who ask for handshakes while there are too many of them, and knows its own again: a
 * cookie proves that its bearer receives at its source address. It remembers nothing about anyone.
 * WireGuard's paper, section 5.4.7.
 */
export class CookieIssuer {
  readonly #key: Uint8Array
  readonly #random: Random
  #secret: Uint8Array = new Uint8Array(0)
  #madeAt = Number.NEGATIVE_INFINITY

  /** @param key the cookie key of this end. */
  constructor(key: Uint8Array, random: Random) {
    this.#key = key
    this.#random = random
  }

  /** The cookie reply to an initiation whose mac1 is right. `sender` is the index it bears. */
  reply(message: Uint8Array, sender: number, source: Uint8Array, now: number): Uint8Array {
    if (now - this.#madeAt >= COOKIE_LIFETIME) {
      this.#secret = this.#random(HASH_BYTES)
      this.#madeAt = now
    }
    const reply = startMessage('cookie', COOKIE_BYTES)
    writeIndex(reply, RECEIVER_AT, sender)
    const nonce = this.#random(COOKIE_SEALED_AT - COOKIE_NONCE_AT)
    reply.set(nonce, COOKIE_NONCE_AT)
    const seal = xchacha20poly1305(this.#key, nonce, mac1Of(message))
    reply.set(seal.encrypt(mac(this.#secret, source)), COOKIE_SEALED_AT)
    return reply
  }

  /** Whether a message bears a mac2 made with a cookie that was given to `source`. */
  proves(message: Uint8Array, source: Uint8Array, now: number): boolean {
    if (now - this.#madeAt >= COOKIE_LIFETIME || !bearsMac2(message)) return false
    return hasMac2(message, mac(this.#secret, source))
  }
}

/** Keeps the cookie that a peer demanded. */
export class CookieJar {
  readonly #key: Uint8Array
  #cookie: Uint8Array | undefined
  #receivedAt = 0
  #lastMac1: Uint8Array | undefined

  /** @param key the cookie key of the peer. */
  constructor(key: Uint8Array) {
    this.#key = key
  }

  /** Remembers the mac1 of the last message sent: a cookie reply must answer it. */
  sent(mac1: Uint8Array): void {
    this.#lastMac1 = mac1
  }

  /** The cookie to make a mac2 with, while there is a valid one. */
  cookie(now: number): Uint8Array | undefined {
    return this.#cookie && now - this.#receivedAt < COOKIE_LIFETIME ? this.#cookie : undefined
  }

  /** Takes the cookie out of a reply; false if the reply does not answer the last message. */
  accept(reply: Uint8Array, now: number): boolean {
    if (!this.#lastMac1) return false
    const nonce = reply.subarray(COOKIE_NONCE_AT, COOKIE_SEALED_AT)
    try {
      this.#cookie = xchacha20poly1305(this.#key, nonce, this.#lastMac1).decrypt(
        reply.subarray(COOKIE_SEALED_AT),
      )
    } catch {
      return false
    }
    this.#receivedAt = now
    this.#lastMac1 = undefined
    return true
  }
}
