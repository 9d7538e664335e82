import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { EndIds } from '../../../../src/ciphers/noise/end-ids.js'
import { PskProtocol } from '../../../../src/ciphers/noise/psk-protocol.js'
import { silentLogger } from '../../../../src/core/logger.js'

it.each([
  ['aes-256-gcm', 2 ** 23, 2 ** 24],
  ['chacha20-poly1305', 2 ** 52, 2 ** 53 - 1],
] as const)('%s renews a session after %d datagrams and stops at %d', (name, rekeyAfter, rejectAfter) => {
  const ends = new EndIds(randomBytes(16), silentLogger)
  const { limits } = new PskProtocol(name, randomBytes(32), ends, 'peer')
  expect(limits).toEqual({ rekeyAfter, rejectAfter })
})
