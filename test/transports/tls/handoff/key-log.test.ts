import { describe, expect, it } from 'vitest'
import {
  keepSecret,
  readKeyLogLine,
  type TrafficSecrets,
} from '../../../../src/transports/tls/handoff/key-log.js'

const RANDOM = '0f'.repeat(32)
const SECRET = 'a0B1c2'.repeat(8)

describe('readKeyLogLine', () => {
  it.each(['', '\n'])('reads a line and overwrites it, whose secret nobody else keeps', (end) => {
    const line = Buffer.from(`CLIENT_TRAFFIC_SECRET_0 ${RANDOM} ${SECRET}${end}`)
    const { label, random, secret } = readKeyLogLine(line)!
    expect([label, random]).toEqual(['CLIENT_TRAFFIC_SECRET_0', RANDOM])
    expect(Buffer.from(secret)).toEqual(Buffer.from(SECRET, 'hex'))
    expect(line.every((byte) => byte === 0)).toBe(true)
  })

  it('passes over what is no such line', () => {
    for (const text of ['', 'LABEL', 'LABEL RANDOM'])
      expect(readKeyLogLine(Buffer.from(text))).toBeUndefined()
  })
})

describe('keepSecret', () => {
  it('keeps the secrets of data in both directions, and wipes all others', () => {
    const secrets: TrafficSecrets = {}
    const labels = ['CLIENT_HANDSHAKE_TRAFFIC_SECRET', 'CLIENT_TRAFFIC_SECRET_0', 'SERVER_TRAFFIC_SECRET_0']
    const lines = [...labels, 'EXPORTER_SECRET'].map((label) => ({
      label,
      random: RANDOM,
      secret: new Uint8Array(48).fill(5),
    }))
    for (const line of lines) keepSecret(secrets, line)
    expect(secrets).toEqual({ client: lines[1]!.secret, server: lines[2]!.secret })
    expect(lines.map(({ secret }) => secret[0])).toEqual([0, 5, 5, 0])
  })
})
