import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { duplexPair } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { forgetSecrets, tapClient, tappedOf } from '../../../../src/transports/tls/handoff/taps.js'
import { TlsTap } from '../../../../src/transports/tls/handoff/tls-tap.js'

const RANDOM = '0f'.repeat(32)

/** A line of a key log, whose secret is this byte over and over. */
function line(label: string, byte: number): Buffer {
  return Buffer.from(`${label} ${RANDOM} ${Buffer.alloc(48, byte).toString('hex')}\n`)
}

/** A tapped connection of a client that tells its keys. */
function client() {
  const [near] = duplexPair()
  const tap = new TlsTap(near as Socket)
  const secured = new EventEmitter() as TLSSocket
  tapClient(secured, tap)
  const lines = [
    line('CLIENT_TRAFFIC_SECRET_0', 1),
    line('SERVER_TRAFFIC_SECRET_0', 2),
    line('EXPORTER_SECRET', 3),
  ]
  for (const bytes of lines) secured.emit('keylog', bytes)
  return { tap, lines, secrets: tappedOf(secured)!.secrets }
}

describe('tapClient', () => {
  it('keeps the secrets of data, and reads no key log once it has them', () => {
    const { lines, secrets } = client()
    expect([secrets.client, secrets.server]).toEqual([1, 2].map((byte) => new Uint8Array(48).fill(byte)))
    expect(lines.map((bytes) => bytes.every((byte) => byte === 0))).toEqual([true, true, false])
  })

  it('wipes the secrets when the connection ends', async () => {
    const { tap, secrets } = client()
    const kept = [secrets.client!, secrets.server!]
    tap.destroy()
    await new Promise((resolve) => tap.once('close', resolve))
    expect(kept.flatMap((secret) => [...secret]).every((byte) => byte === 0)).toBe(true)
    expect(secrets).toEqual({})
  })
})

it('forgetSecrets wipes the secrets of both directions, and may be called again', () => {
  const [one, other] = [new Uint8Array(48).fill(1), new Uint8Array(48).fill(2)]
  const secrets = { client: one, server: other }
  forgetSecrets(secrets)
  forgetSecrets(secrets)
  expect([one, other]).toEqual([new Uint8Array(48), new Uint8Array(48)])
  expect(secrets).toEqual({})
})
