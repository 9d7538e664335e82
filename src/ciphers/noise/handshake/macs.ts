import { timingSafeEqual } from 'node:crypto'
import { blake2s } from '@noble/hashes/blake2.js'
import { BLAKE2S } from '../wire/hash.js'

/** Bytes of mac1, of mac2 and of a cookie. */
export const MAC_BYTES = 16
/** Bytes of mac1 and mac2, which end each initiation and response. */
export const MACS_BYTES = 2 * MAC_BYTES

const MAC1_LABEL = Buffer.from('mac1----')
const COOKIE_LABEL = Buffer.from('cookie--')

/** Keys for the macs of messages to one end, made of what identifies it. WireGuard's paper, section 5.4.4. */
export interface MacKeys {
  readonly mac1: Uint8Array
  readonly cookie: Uint8Array
}

/** The mac keys of an end that `identity` stands for: its public key, or a shared key. */
export function macKeysOf(identity: Uint8Array): MacKeys {
  return { mac1: BLAKE2S.hash(MAC1_LABEL, identity), cookie: BLAKE2S.hash(COOKIE_LABEL, identity) }
}

/** Keyed BLAKE2s with 16 bytes of output, which node:crypto does not offer. */
export function mac(key: Uint8Array, message: Uint8Array): Uint8Array {
  return blake2s(message, { key, dkLen: MAC_BYTES })
}

/** Writes mac1 and, if there is a cookie, mac2 into the last 32 bytes of a message; returns mac1. */
export function writeMacs(
  message: Uint8Array,
  mac1Key: Uint8Array,
  cookie: Uint8Array | undefined,
): Uint8Array {
  const mac1At = message.length - MACS_BYTES
  const mac1 = mac(mac1Key, message.subarray(0, mac1At))
  message.set(mac1, mac1At)
  if (cookie) message.set(mac(cookie, message.subarray(0, mac1At + MAC_BYTES)), mac1At + MAC_BYTES)
  return mac1
}

/** The mac1 that a message bears. */
export function mac1Of(message: Uint8Array): Uint8Array {
  return message.subarray(message.length - MACS_BYTES, message.length - MAC_BYTES)
}

/** Whether a message bears the right mac1. */
export function hasMac1(message: Uint8Array, mac1Key: Uint8Array): boolean {
  return timingSafeEqual(mac(mac1Key, message.subarray(0, message.length - MACS_BYTES)), mac1Of(message))
}

/** Whether a message bears the right mac2. */
export function hasMac2(message: Uint8Array, cookie: Uint8Array): boolean {
  const mac2At = message.length - MAC_BYTES
  return timingSafeEqual(mac(cookie, message.subarray(0, mac2At)), message.subarray(mac2At))
}

/** Whether a message bears any mac2, right or wrong. Without a cookie it is all zeros, which costs nothing to see. */
export function bearsMac2(message: Uint8Array): boolean {
  for (let at = message.length - MAC_BYTES; at < message.length; at++) if (message[at] !== 0) return true
  return false
}
