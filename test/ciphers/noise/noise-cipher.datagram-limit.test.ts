import { describe, expect, it } from 'vitest'
import { CONTROL_TYPES, writeControl } from '../../../src/ciphers/noise/control/control.js'
import { DATA_HEADER, MESSAGE_TYPES } from '../../../src/ciphers/noise/wire/messages.js'
import type { Link } from '../../../src/core/api/transport.js'
import { connectedPair, kinds, type Pair, pair } from '../../support/ciphers/tunnels.js'
import { ipv4Packet } from '../../support/netsim/packets.js'

/** Bytes of a datagram that tells a limit: a header, a message with an item of two bytes, and a tag. */
const TELLING = DATA_HEADER + 14 + 16
const MINUTE = 60_000

describe.each(kinds)('a limit of the datagrams of a link, with %s', (kind) => {
  it('is told when a session begins, and again in the next one, to the end that is to heed it', () => {
    const lab = watched(pair(kind))
    lab.bound(8_192)
    lab.client.initiate(lab.serverId)
    lab.simulation.advance(200)
    expect(lab.told).toEqual([['client', 8_192]])
    for (let minute = 0; minute < 3; minute++) {
      lab.client.send(lab.serverId, ipv4Packet(40))
      lab.simulation.advance(MINUTE)
    }
    expect(lab.told).toEqual([
      ['client', 8_192],
      ['client', 8_192],
    ])
  })

  it('is told at once by a session that there is, if it becomes less, and once for each size', () => {
    const lab = watched(connectedPair(kind))
    for (const bytes of [32_768, 32_768, 16_384]) {
      lab.bound(bytes)
      for (let times = 0; times < 3; times++) {
        lab.client.send(lab.serverId, ipv4Packet(40))
        lab.simulation.advance(50)
      }
    }
    expect(lab.told).toEqual([
      ['client', 32_768],
      ['client', 16_384],
    ])
    expect(lab.server.delivered).toHaveLength(9)
  })

  it('is not told to a peer that may not understand it, as WireGuard does not', () => {
    const lab = watched(pair(kind))
    const { client, network, serverId, simulation } = lab
    lab.bound(8_192)
    // Questions are lost on it: nothing but packets and keepalives comes from it.
    network.weather = ({ bytes, from }) =>
      from === 'client' && bytes[0] === MESSAGE_TYPES.data && isControl(bytes) ? [] : [10]
    client.initiate(serverId)
    for (let second = 0; second < 10; second++) {
      client.send(serverId, ipv4Packet(60))
      simulation.advance(1_000)
    }
    const lengths = network.sent.filter(({ from }) => from === 'server').map(({ bytes }) => bytes.length)
    expect(lengths).not.toContain(TELLING)
    expect(lab.server.delivered.length).toBeGreaterThan(8)
  })

  it('is dropped and counted if it cannot be, and moves nobody', () => {
    const lab = watched(connectedPair(kind))
    const { client, network, server, serverId, simulation } = lab
    const wrong = [
      [1, Uint8Array.of(3, 255)] as const,
      [1, Uint8Array.of(32)] as const,
      [2, Uint8Array.of(32, 0)] as const,
    ]
    for (const [type, value] of wrong) {
      const { malformed } = client.cipher.drops as { malformed: number }
      const message = writeControl({ type: CONTROL_TYPES.datagramLimit, id: 1, items: [{ type, value }] })
      network.send({ from: 'elsewhere', to: 'client', bytes: lab.sealed(message) })
      simulation.advance(50)
      expect(client.cipher.drops.malformed).toBe(malformed + 1)
    }
    expect(lab.told).toEqual([])
    expect(client.where(serverId)).toBe('sim://server')
    expect(server.live(lab.clientId)).toBe(true)
  })
})

/** Whether a datagram has the length of a message without packets in it: more than a keepalive, less than the packets of this test. */
function isControl({ length }: Uint8Array): boolean {
  return length > DATA_HEADER + 16 && length < DATA_HEADER + 60
}

/** A pair whose server's link to the client can be bounded, and what either end is told. */
function watched(made: Pair) {
  const { client, clientId, network, server, simulation } = made
  const told: [string, number][] = []
  for (const end of [client, server]) {
    const { cipher } = end
    const open = cipher.open.bind(cipher)
    cipher.open = (link, datagrams, now) => {
      const result = open(link, datagrams, now)
      for (const { maxDatagram } of result.opened) {
        if (maxDatagram !== undefined) told.push([end.address, maxDatagram])
      }
      return result
    }
  }
  const bound = (bytes: number) => {
    const link: { -readonly [Key in keyof Link]: Link[Key] } = network.link('server', 'client')
    link.maxIncoming = bytes
  }
  /** A message of the server's own, in the seal. */
  const sealed = (message: Uint8Array) => {
    const packet = { bytes: message, segmentSize: 0, checksum: 'full' } as const
    const [datagram] = server.cipher.seal(clientId, [packet], 65_535, simulation.now())
    return Uint8Array.from(datagram!)
  }
  return { ...made, told, bound, sealed }
}
