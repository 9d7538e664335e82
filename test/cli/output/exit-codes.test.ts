import { expect, it } from 'vitest'
import { exitCodeOf } from '../../../src/cli/output/exit-codes.js'
import { ConfigError, type ErrorCode, TransportError } from '../../../src/core/api/errors.js'

/** What a service manager is not to try again with. */
const FINAL = 2

it.each(['ERR_HOST_UNKNOWN', 'ERR_NAME_SERVER', 'ERR_TRANSPORT_DIAL', 'ERR_TRANSPORT_FAILED'] as const)(
  'is 1 for %s, which a late network may bring about',
  (code: ErrorCode) => {
    expect(exitCodeOf(new TransportError('Cannot resolve x', { code }))).toBe(1)
  },
)

it('is 1 for an address to listen on that this host does not have yet, and 2 for a port that is taken', () => {
  const listening = (code: string) =>
    exitCodeOf(new TransportError('Cannot listen', { code: 'ERR_TRANSPORT_LISTEN', cause: { code } }))
  expect([listening('EADDRNOTAVAIL'), listening('EADDRINUSE')]).toEqual([1, FINAL])
})

it('is 2 for what the file asks for, and 1 for a bug', () => {
  expect(exitCodeOf(new ConfigError('Cannot use x', { code: 'ERR_CONFIG_VALUE' }))).toBe(FINAL)
  expect(exitCodeOf(new Error('bug'))).toBe(1)
})
