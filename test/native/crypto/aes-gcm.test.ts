import { expect, it } from 'vitest'
import { type AesGcm, GcmContext } from '../../../src/native/crypto/aes-gcm.js'

/** What a context is asked to do, by functions of which one fails. */
function watched(fails?: keyof AesGcm) {
  const calls: string[] = []
  const told = (name: keyof AesGcm) => {
    calls.push(name)
    return name === fails ? 0 : 1
  }
  const gcm: AesGcm = {
    newContext: () => 4711,
    freeContext: () => {},
    setDirection: (_context, seals) => told('setDirection') && Number(!seals),
    setIv: () => told('setIv'),
    oneShot: () => told('oneShot'),
  }
  const context = new GcmContext(gcm, 0, 0)
  return { calls, open: () => context.open(0, 0, 0, 100, 0), seal: () => context.seal(0, 0, 0, 100, 0) }
}

it('a context that cannot be made one that opens opens nothing: it would take its own tag for a proof', () => {
  const { calls, open, seal } = watched('setDirection')
  expect(open()).toBe(false)
  expect(open()).toBe(false)
  expect(calls).toEqual(['setDirection', 'setDirection'])
  expect(seal()).toBe(true)
})

it('a context is made one that opens once, and opens nothing whose nonce is refused', () => {
  const { calls, open } = watched('setIv')
  expect(open()).toBe(false)
  expect(open()).toBe(false)
  expect(calls.filter((name) => name === 'setDirection')).toHaveLength(1)
})
