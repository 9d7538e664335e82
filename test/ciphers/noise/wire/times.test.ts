import { expect, it } from 'vitest'
import * as times from '../../../../src/ciphers/noise/wire/times.js'

it('are those of WireGuard: ends that differ in them interoperate no more', () => {
  // WireGuard's paper, sections 5.4.7, 6.1, 6.2 and 6.4, and wireguard-go's device/constants.go.
  const { STOOD_STILL, UNREAD, ...shared } = times // what this program adds
  expect(STOOD_STILL).toBeGreaterThan(UNREAD)
  expect(shared).toEqual({
    REKEY_AFTER: 120_000,
    REJECT_AFTER: 180_000,
    REKEY_ATTEMPT: 90_000,
    REKEY_TIMEOUT: 5_000,
    KEEPALIVE_AFTER: 10_000,
    SILENCE_AFTER: 15_000,
    REKEY_ON_RECEIVE_AFTER: 165_000,
    ERASE_AFTER: 540_000,
    COOKIE_LIFETIME: 120_000,
    JITTER: 333,
    INITIATION_INTERVAL: 25,
    INITIATION_FLOOD_INTERVAL: 20,
  })
})
