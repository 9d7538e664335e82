import { describe, expect, it } from 'vitest'
import { FIRST_PINGS, isGood, measureRoundTrip, PINGS } from '../../../lab/demo/measurement.js'

describe('measureRoundTrip', () => {
  it('forgives pings that are lost while the tunnel comes up', async () => {
    let sent = 0
    const measured = await measureRoundTrip(async () => ++sent >= FIRST_PINGS)
    expect(measured).toMatchObject({ pings: PINGS, lost: 0 })
    expect(measured.roundTrip).toBeGreaterThanOrEqual(0)
  })

  it('counts pings that are lost later', async () => {
    let sent = 0
    expect(await measureRoundTrip(async () => ++sent !== 5)).toMatchObject({ pings: PINGS, lost: 1 })
  })

  it('gives up where no ping is answered', async () => {
    await expect(measureRoundTrip(async () => false)).rejects.toThrow('no ping was answered')
  })
})

describe('isGood', () => {
  const good = { roundTrip: 1, pings: 20, lost: 0, copiedBytes: 1, copySeconds: 1, hashEqual: true }

  it('wants every ping answered and the hash equal', () => {
    expect(isGood(good)).toBe(true)
    expect(isGood({ ...good, lost: 1 })).toBe(false)
    expect(isGood({ ...good, hashEqual: false })).toBe(false)
  })
})
