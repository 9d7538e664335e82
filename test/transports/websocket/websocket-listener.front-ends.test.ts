import { once } from 'node:events'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Fields, silentLogger } from '../../../src/core/api/logger.js'
import type { WebSocketSettings } from '../../../src/core/settings/option-groups.js'
import { eventually } from '../../support/eventually.js'
import { STREAM_WAYS, type StreamWay } from '../../support/streams/stream-test-parts.js'
import { frame, listenForWebSockets, NOT_FOUND, UPGRADE } from '../../support/streams/websocket-clients.js'

const PATIENCE = 10_000

/** How the connections of the test under way are carried. */
let carried: StreamWay['native']

describe.each(STREAM_WAYS)('WebSocketListener $way, behind front ends', ({ native }) => {
  beforeEach(() => {
    carried = native
  })

  it('upgrades on its path in whatever form front ends write that', async () => {
    const { connect } = await listen()
    for (const target of [
      'http://vpn.test:9201/tunnel?x=1',
      'HTTP://vpn.test/tunnel',
      '/%74unnel',
      '/tunne%6C',
    ]) {
      const client = await connect()
      client.write(`GET ${target} HTTP/1.1\r\n${UPGRADE}\r\n`)
      expect([target, (await client.text('\r\n\r\n')).slice(0, 12)]).toEqual([target, 'HTTP/1.1 101'])
    }
  })

  it('says once a minute what a front end lacks that does not pass upgrades on, and answers as ever', async () => {
    const lines: [string, Fields][] = []
    const log = {
      ...silentLogger,
      warn: (message: string, fields: Fields = {}) => void lines.push([message, fields]),
    }
    const { clock, connect } = await listen({}, log)
    const ask = async (request: string) => {
      const client = await connect()
      client.write(`${request}\r\n`)
      expect([request, NOT_FOUND.test(await client.text())]).toEqual([request, true])
    }
    const key = 'Host: x\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
    await ask(`GET /other HTTP/1.1\r\n${key}`)
    await ask('GET /tunnel HTTP/1.1\r\nHost: x\r\n')
    await ask(`POST /tunnel HTTP/1.1\r\n${key}`)
    expect(lines).toEqual([])
    for (let times = 0; times < 3; times++) await ask(`GET /tunnel HTTP/1.0\r\n${key}Connection: close\r\n`)
    clock.advance(60_000)
    await ask(`GET /tunnel HTTP/1.1\r\n${key}Upgrade: websocket\r\nConnection: close\r\n`)
    expect(lines.map(([message, { lacks }]) => [message.slice(0, 33), lacks])).toEqual([
      ['a client asked for a WebSocket, a', 'HTTP/1.1, Upgrade: websocket, Connection: Upgrade'],
      ['a client asked for a WebSocket, a', 'Connection: Upgrade'],
    ])
  })

  it('counts links by the address that a trusted proxy names', async () => {
    const { clock, received, upgraded } = await listen({ trustedProxies: ['127.0.0.0/8'] })
    const first = await upgraded('X-Forwarded-For: 203.0.113.9, 198.51.100.1\r\n')
    first.write(frame(2, [1]))
    await eventually('the datagram arrives', () => received.arrivals.length, 1)
    expect([...received.arrivals[0]!.link.source]).toEqual([198, 51, 100, 1])
    expect(received.arrivals[0]!.link.remote).toMatch(/^ws:\/\/198\.51\.100\.1:\d+$/)
    for (let count = 0; count < 20; count++) await upgraded(`X-Forwarded-For: 198.51.100.${count + 2}\r\n`)
    expect(first.closed).toBe(false)
    const closed = once(first, 'close')
    for (let count = 0; count < 15; count++) await upgraded('X-Forwarded-For: 198.51.100.1\r\n')
    clock.advance(PATIENCE / 2)
    await upgraded('X-Forwarded-For: 198.51.100.1\r\n')
    await closed
  })

  it('counts links by the address in the header that it is told, and in no other', async () => {
    const { received, upgraded } = await listen({
      trustedProxies: ['127.0.0.0/8'],
      clientAddressHeader: 'forwarded',
    })
    const client = await upgraded(
      'X-Forwarded-For: 203.0.113.1\r\nX-Real-IP: 203.0.113.2\r\nForwarded: for="[2001:db8::9]:4711";proto=https\r\n',
    )
    client.write(frame(2, [1]))
    await eventually('the datagram arrives', () => received.arrivals.length, 1)
    expect(received.arrivals[0]!.link.remote).toMatch(/^ws:\/\/\[2001:db8::9\]:\d+$/)
  })

  it('ignores X-Forwarded-For from others', async () => {
    const { received, upgraded } = await listen()
    const client = await upgraded('X-Forwarded-For: 198.51.100.1\r\n')
    client.write(frame(2, [1]))
    await eventually('the datagram arrives', () => received.arrivals.length, 1)
    expect([...received.arrivals[0]!.link.source]).toEqual([127, 0, 0, 1])
  })
})

function listen(websocket: WebSocketSettings = {}, log = silentLogger) {
  return listenForWebSockets({ native: carried, websocket, log })
}
