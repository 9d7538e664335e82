import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { CookieIssuer, CookieJar } from '../../../../src/ciphers/noise/handshake/cookies.js'
import { MACS_BYTES, macKeysOf, writeMacs } from '../../../../src/ciphers/noise/handshake/macs.js'
import { COOKIE_BYTES } from '../../../../src/ciphers/noise/wire/messages.js'
import { COOKIE_LIFETIME } from '../../../../src/ciphers/noise/wire/times.js'

const SENDER = 77
const home = Uint8Array.of(192, 0, 2, 1)
const elsewhere = Uint8Array.of(192, 0, 2, 2)

function ends() {
  const keys = macKeysOf(randomBytes(32))
  const jar = new CookieJar(keys.cookie)
  return {
    issuer: new CookieIssuer(keys.cookie, randomBytes),
    jar,
    ask(now: number): Uint8Array {
      const message = Uint8Array.from(randomBytes(116 + MACS_BYTES))
      jar.sent(writeMacs(message, keys.mac1, jar.cookie(now)))
      return message
    },
  }
}

it('gives a cookie that proves its bearer, from its address only', () => {
  const { issuer, jar, ask } = ends()
  const first = ask(0)
  expect(issuer.proves(first, home, 0)).toBe(false)
  const reply = issuer.reply(first, SENDER, home, 0)
  expect(reply).toHaveLength(COOKIE_BYTES)
  expect(jar.accept(reply, 0)).toBe(true)
  const second = ask(1)
  expect(issuer.proves(second, home, 1)).toBe(true)
  expect(issuer.proves(second, elsewhere, 1)).toBe(false)
})

it('forgets cookies after their lifetime, on both sides', () => {
  const { issuer, jar, ask } = ends()
  jar.accept(issuer.reply(ask(0), SENDER, home, 0), 0)
  const message = ask(COOKIE_LIFETIME - 1)
  expect(issuer.proves(message, home, COOKIE_LIFETIME - 1)).toBe(true)
  expect(issuer.proves(message, home, COOKIE_LIFETIME)).toBe(false)
  expect(jar.cookie(COOKIE_LIFETIME)).toBeUndefined()
})

it('makes cookies of another secret every 120 s, and those of before prove nothing then', () => {
  const { issuer, jar, ask } = ends()
  jar.accept(issuer.reply(ask(0), SENDER, home, 0), 0)
  const old = ask(119_999)
  jar.accept(issuer.reply(ask(120_000), SENDER, home, 120_000), 120_000)
  const fresh = ask(120_001)
  expect(issuer.proves(old, home, 120_001)).toBe(false)
  expect(issuer.proves(fresh, home, 120_001)).toBe(true)
  expect(issuer.proves(fresh, home, 239_999)).toBe(true)
})

it('takes no cookie that was not asked for, altered or asked for by an earlier message', () => {
  const { issuer, jar, ask } = ends()
  const first = ask(0)
  const late = issuer.reply(first, SENDER, home, 0)
  const reply = issuer.reply(ask(1), SENDER, home, 1)
  expect(jar.accept(late, 2)).toBe(false)
  const altered = reply.slice()
  altered[40]! ^= 1
  expect(jar.accept(altered, 2)).toBe(false)
  expect(jar.accept(reply, 2)).toBe(true)
  expect(jar.accept(reply, 2)).toBe(false)
})
