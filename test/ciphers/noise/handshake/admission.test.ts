import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Admission } from '../../../../src/ciphers/noise/handshake/admission.js'
import { CookieIssuer, CookieJar } from '../../../../src/ciphers/noise/handshake/cookies.js'
import { MACS_BYTES, macKeysOf, writeMacs } from '../../../../src/ciphers/noise/handshake/macs.js'
import { deadLink } from '../../../support/links.js'

/** The start of a test, in milliseconds, and how much of a second it looks at in one step. */
const START = 1_000_000
const STEP = 10
const SECONDS = 10

/** An end that judges initiations, and those who ask it. */
function lab() {
  const keys = macKeysOf(randomBytes(32))
  const issuer = new CookieIssuer(keys.cookie, randomBytes)
  const admission = new Admission(issuer)
  const initiation = (cookie?: Uint8Array) => {
    const message = Uint8Array.from(randomBytes(116 + MACS_BYTES))
    message.fill(0, -MACS_BYTES)
    writeMacs(message, keys.mac1, cookie)
    return message
  }
  const unknown = { ...deadLink('udp://192.0.2.99:1'), source: Uint8Array.of(192, 0, 2, 99) }
  const unauthenticated = initiation()
  return {
    admission,
    unauthenticated,
    /** What is said to somebody who proved nothing. */
    judgeUnknown: (now: number) => admission.judge(unauthenticated, unknown, now),
    /** Somebody who was given a cookie at this address. */
    proven(...source: number[]) {
      const link = { ...deadLink(`udp://proven:${source}`), source: Uint8Array.from(source) }
      const jar = new CookieJar(keys.cookie)
      const first = Uint8Array.from(randomBytes(116 + MACS_BYTES))
      jar.sent(writeMacs(first, keys.mac1, undefined))
      jar.accept(issuer.reply(first, 1, link.source, START), START)
      const message = initiation(jar.cookie(START))
      return { message, judge: (now: number) => admission.judge(message, link, now) }
    },
  }
}

/** How many of the initiations that come `perStep` at a time are admitted, from START on for SECONDS. */
function admitted(perStep: number, judge: (now: number) => string, before: (now: number) => void = () => {}) {
  let count = 0
  for (let now = START; now <= START + SECONDS * 1000; now += STEP) {
    before(now)
    for (let times = 0; times < perStep; times++) if (judge(now) === 'admitted') count++
  }
  return count
}

describe('Admission', () => {
  it('lets 500 initiations a second be read whose senders proved nothing, and asks the others for a proof', () => {
    const { judgeUnknown } = lab()
    const verdicts = Array.from({ length: 501 }, () => judgeUnknown(START))
    expect(verdicts).toEqual([...new Array(500).fill('admitted'), 'unauthenticated'])
    expect(admitted(20, judgeUnknown)).toBe(500 * SECONDS)
  })

  it('lets 20 initiations a second of each proven address be read under a flood, 5 of them at once', () => {
    const { judgeUnknown, proven } = lab()
    const flood = (now: number) => {
      while (judgeUnknown(now) === 'admitted');
    }
    flood(START)
    const [one, other] = [proven(192, 0, 2, 1), proven(192, 0, 2, 2)]
    const verdicts = Array.from({ length: 7 }, () => one.judge(START))
    expect(verdicts).toEqual([...new Array(5).fill('admitted'), 'limited', 'limited'])
    expect(other.judge(START)).toBe('admitted')
    expect(admitted(3, one.judge, flood)).toBe(20 * SECONDS)
  })

  it('takes no proof of another address', () => {
    const { admission, judgeUnknown, proven } = lab()
    while (judgeUnknown(START) === 'admitted');
    const thief = { ...deadLink('udp://192.0.2.7:1'), source: Uint8Array.of(192, 0, 2, 7) }
    const { message } = proven(192, 0, 2, 1)
    expect(admission.judge(message, thief, START)).toBe('unauthenticated')
  })

  it('lets 2 initiations a second of each stream be read, 5 of them at once, and asks none for a proof', () => {
    const { admission, unauthenticated } = lab()
    const [one, other] = [1, 2].map((port) => ({ ...deadLink(`tcp://192.0.2.1:${port}`), stream: true }))
    const verdicts = Array.from({ length: 7 }, () => admission.judge(unauthenticated, one!, START))
    expect(verdicts).toEqual([...new Array(5).fill('admitted'), 'limited', 'limited'])
    expect(admission.judge(unauthenticated, other!, START)).toBe('admitted')
    expect(admitted(1, (now) => admission.judge(unauthenticated, one!, now))).toBe(2 * SECONDS)
  })
})
