/*
 * WireGuard's paper, section 6.1, all in milliseconds. Those who rekey, both ends together, or keep quiet for
 * longer than these interoperate no more.
 */

/** A session this old is renewed by the end that started it, when it sends. Rekey-After-Time. */
export const REKEY_AFTER = 120_000
/** A session this old neither seals nor opens. Reject-After-Time. */
export const REJECT_AFTER = 180_000
/** How long handshakes are retried without an answer. Rekey-Attempt-Time. */
export const REKEY_ATTEMPT = 90_000
/** An unanswered initiation is sent anew after this. Rekey-Timeout. */
export const REKEY_TIMEOUT = 5_000
/** Who received data and has sent nothing for this long sends a keepalive. Keepalive-Timeout. */
export const KEEPALIVE_AFTER = 10_000
/** An end that sent data and received nothing for this long starts a handshake. */
export const SILENCE_AFTER = KEEPALIVE_AFTER + REKEY_TIMEOUT
/** A session this old is renewed by the end that started it, when it receives: so late that nobody may come. */
export const REKEY_ON_RECEIVE_AFTER = REJECT_AFTER - KEEPALIVE_AFTER - REKEY_TIMEOUT
/** All keys of a peer are erased this long after its last session began. */
export const ERASE_AFTER = 3 * REJECT_AFTER
/** A cookie, and the secret that cookies are made of, last this long. Section 5.4.7. */
export const COOKIE_LIFETIME = 120_000
/** Up to this much is added to what two ends might do at the same moment. Section 6.1. */
export const JITTER = 333

/* What this program adds, in milliseconds. */

/** A timer that rings this late tells that the process stood still: stopped, or on a host that was busy. */
export const STOOD_STILL = 1_000
/** What came while the process stood still is read before this has passed. */
export const UNREAD = 100

/** Between initiations to one peer. WireGuard's implementations ignore all but 50 a second. */
export const INITIATION_INTERVAL = 25
/** Initiations of one peer that come sooner after each other are dropped, as in WireGuard's implementations. */
export const INITIATION_FLOOD_INTERVAL = 20
