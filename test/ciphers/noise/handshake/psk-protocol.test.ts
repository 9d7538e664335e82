import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { AeadName } from '../../../../src/ciphers/aead/aead.js'
import { EndIds } from '../../../../src/ciphers/noise/handshake/end-ids.js'
import type { PskProtocol } from '../../../../src/ciphers/noise/handshake/psk-protocol.js'
import { silentLogger } from '../../../../src/core/api/logger.js'
import { pskProtocol } from '../../../support/ciphers/psk-protocols.js'

const ZEROS = new Uint8Array(32)

function protocolOf(name: AeadName, key: Uint8Array = randomBytes(32)): PskProtocol {
  return pskProtocol(name, key, new EndIds(randomBytes(16), silentLogger), 'peer')
}

describe('PskProtocol', () => {
  it.each([
    ['aes-256-gcm', 2 ** 23, 2 ** 24],
    ['chacha20-poly1305', 2 ** 52, 2 ** 53 - 1],
  ] as const)(
    'renews a session of %s after %d datagrams and stops at %d',
    (name, rekeyAfter, rejectAfter) => {
      expect(protocolOf(name).limits).toEqual({ rekeyAfter, rejectAfter })
    },
  )

  it('wipes the shared key and the keys of its macs at its end', () => {
    const key = new Uint8Array(32).fill(9)
    const protocol = protocolOf('aes-256-gcm', key)
    protocol.erase()
    expect(key).toEqual(ZEROS)
    expect(protocol.macs).toEqual({ mac1: Buffer.from(ZEROS), cookie: Buffer.from(ZEROS) })
  })
})
