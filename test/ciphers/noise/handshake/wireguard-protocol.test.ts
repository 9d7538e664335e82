import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  generatePrivateKey,
  generateSharedKey,
  parseBase64Key,
  publicKeyOf,
} from '../../../../src/ciphers/keys/keys.js'
import type { Question } from '../../../../src/ciphers/noise/handshake/protocol.js'
import { TIMESTAMP_BYTES } from '../../../../src/ciphers/noise/handshake/tai64n.js'
import { WireGuardProtocol } from '../../../../src/ciphers/noise/handshake/wireguard-protocol.js'

const ZEROS = new Uint8Array(32)

/** Two ends that know each other, with the same preshared key. */
function ends(presharedKey: string) {
  const [near, far] = [generatePrivateKey(), generatePrivateKey()]
  const protocol = (key: string) => new WireGuardProtocol(parseBase64Key(key, 'private key'))
  const [client, server] = [protocol(near), protocol(far)]
  return {
    client,
    server,
    toServer: client.remote({ id: publicKeyOf(far), presharedKey }),
    toClient: server.remote({ id: publicKeyOf(near), presharedKey }),
  }
}

describe('WireGuardProtocol', () => {
  it('stops far below the counters that are no exact integers', () => {
    const { client } = ends(generateSharedKey())
    expect(client.limits).toEqual({ rekeyAfter: 2 ** 52, rejectAfter: 2 ** 53 - 1 })
  })

  it('forgets the preshared key of a peer that is erased', () => {
    for (const erased of [false, true]) {
      const { server, toServer, toClient } = ends(generateSharedKey())
      if (erased) toClient.erase()
      const exchange = toServer.start(1, Uint8Array.from(randomBytes(TIMESTAMP_BYTES)))!
      const question = server.read(exchange.initiation) as Question
      const { response } = toClient.answer(question, 2)!
      if (erased) expect(exchange.finish(response)).toBe('authFailed')
      else expect(exchange.finish(response)).toMatchObject({ send: expect.anything() })
    }
  })

  it('forgets the keys of its macs at its end', () => {
    const { client } = ends(generateSharedKey())
    client.erase()
    expect(client.macs).toEqual({ mac1: Buffer.from(ZEROS), cookie: Buffer.from(ZEROS) })
  })
})
