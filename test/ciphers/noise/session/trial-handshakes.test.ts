import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { REKEY_AFTER, REKEY_ATTEMPT, REKEY_TIMEOUT } from '../../../../src/ciphers/noise/wire/times.js'
import { connectedPair, kinds, type Pair, type PairOptions, pair } from '../../../support/ciphers/tunnels.js'
import type { Flight } from '../../../support/netsim/network.js'
import { ipv4Packet, numberOf } from '../../../support/netsim/packets.js'
import { KeptAeads } from '../kept-aeads.js'

const INITIATION = 1
const RESPONSE = 2
// What is promised: numbers, and not the names that the code has for them.
const MOST_TRIALS = 4
const TRIAL_LIFETIME = 5_000

/** A pair with a session, whose server is at a second address as well. */
function twoWays(kind: (typeof kinds)[number], options?: PairOptions): Pair {
  const made = connectedPair(kind, options)
  made.network.place('other', made.server)
  made.simulation.advance(1_000)
  return made
}

const ofType = (type: number, flights: readonly Flight[]) => flights.filter(({ bytes }) => bytes[0] === type)
const numbers = (delivered: readonly { readonly bytes: Uint8Array }[]) =>
  delivered.map(({ bytes }) => numberOf(bytes))

describe.each(kinds)('a trial of %s', (kind) => {
  it('is told of by its answer, and moves nobody', () => {
    const { simulation, client, server, serverId, clientId } = twoWays(kind)
    const before = [client.where(serverId), server.where(clientId)]
    expect(client.try(serverId, 7, 'other')).toBe(true)
    simulation.advance(100)
    expect(client.probeReplies).toEqual([7])
    client.send(serverId, ipv4Packet(40, 1))
    simulation.advance(100)
    server.send(clientId, ipv4Packet(40, 2))
    simulation.advance(100)
    expect([client.where(serverId), server.where(clientId)]).toEqual(before)
    expect([numbers(server.delivered), numbers(client.delivered)]).toEqual([[1], [2]])
  })

  it('proves nothing of another one', () => {
    const { simulation, network, client, serverId } = twoWays(kind)
    network.weather = ({ from, to }) => (from === 'other' || to === 'other' ? [] : [10])
    client.try(serverId, 7, 'other')
    simulation.advance(30)
    client.try(serverId, 8, 'server')
    simulation.advance(100)
    expect(client.probeReplies).toEqual([8])
  })

  it('is not proven by an echo of its id, which the peer can guess', () => {
    const { simulation, network, client, serverId } = twoWays(kind)
    network.weather = ({ to }) => [to === 'other' ? 500 : 10]
    client.try(serverId, 7, 'other')
    client.probe(serverId, 7)
    simulation.advance(100)
    expect([client.probeReplies, client.adopt(serverId, 7, 'other')]).toEqual([[], false])
    simulation.advance(1_000)
    expect([client.probeReplies, client.adopt(serverId, 7, 'other')]).toEqual([[7], true])
  })

  it('has the session move to its way once it is adopted, without a packet lost', () => {
    const { simulation, network, client, server, serverId, clientId } = twoWays(kind)
    client.try(serverId, 7, 'other')
    simulation.advance(100)
    client.send(serverId, ipv4Packet(40, 1))
    server.send(clientId, ipv4Packet(40, 2))
    expect(client.adopt(serverId, 7, 'other')).toBe(true)
    client.send(serverId, ipv4Packet(40, 3))
    simulation.advance(100)
    expect(server.where(clientId)).toBe('sim://client')
    server.send(clientId, ipv4Packet(40, 4))
    expect(network.sent.at(-1)).toMatchObject({ from: 'other', to: 'client' })
    simulation.advance(100)
    expect([numbers(server.delivered), numbers(client.delivered)]).toEqual([
      [1, 3],
      [2, 4],
    ])
    expect(client.adopt(serverId, 7, 'other')).toBe(false)
  })

  it('that is adopted where there was no session sends what waited for one', () => {
    const { simulation, network, client, server, serverId } = pair(kind)
    network.weather = ({ to }) => (to === 'server' ? [] : [10])
    network.place('other', server)
    client.send(serverId, ipv4Packet(40, 1))
    simulation.advance(100)
    expect(client.try(serverId, 7, 'other', false)).toBe(true)
    simulation.advance(100)
    expect(client.live(serverId)).toBe(false)
    client.adopt(serverId, 7, 'other')
    simulation.advance(100)
    expect(numbers(server.delivered)).toEqual([1])
    expect(client.cipher.sessions!.handshake!(serverId)).toMatchObject({ roundTrip: 100 })
  })

  it('waits for a renewal of the session, also for the proof that the peer knows of it', () => {
    const { simulation, network, client, serverId } = twoWays(kind)
    client.initiate(serverId)
    simulation.advance(15)
    expect(client.try(serverId, 7, 'other')).toBe(false)
    // The response comes, and nothing that the peer sealed with its keys.
    network.weather = ({ from, bytes }) => (from === 'client' || bytes[0] === RESPONSE ? [10] : [])
    simulation.advance(100)
    expect(client.try(serverId, 8, 'other')).toBe(false)
    simulation.advance(REKEY_TIMEOUT)
    expect(client.try(serverId, 9, 'other')).toBe(true)
  })

  it('puts a renewal off for five seconds at the most, also one for silence', () => {
    const { simulation, network, client, serverId } = twoWays(kind)
    const renewals = () =>
      ofType(INITIATION, network.sent).filter(({ from, to }) => from === 'client' && to === 'server').length
    const before = renewals()
    simulation.advance(REKEY_AFTER - 1_500)
    network.weather = () => []
    expect(client.try(serverId, 7, 'other')).toBe(true)
    simulation.advance(TRIAL_LIFETIME - 100)
    client.send(serverId, ipv4Packet(40, 1))
    expect(renewals()).toBe(before)
    simulation.advance(100)
    client.send(serverId, ipv4Packet(40, 2))
    expect(renewals()).toBe(before + 1)

    const silent = twoWays(kind)
    silent.network.weather = () => []
    silent.client.send(silent.serverId, ipv4Packet(40, 1))
    const sent = silent.network.sent.length
    silent.simulation.advance(14_000)
    silent.client.try(silent.serverId, 7, 'other')
    silent.simulation.advance(4_900)
    expect(ofType(INITIATION, silent.network.sent.slice(sent))).toHaveLength(1)
    silent.simulation.advance(200)
    expect(ofType(INITIATION, silent.network.sent.slice(sent))).toHaveLength(2)
  })

  it('ends after five seconds or when it is dropped, and its keys with it', () => {
    const aeads = new KeptAeads()
    const { simulation, client, server, serverId } = twoWays(kind, { aeadFactory: aeads.way })
    const keys = () => aeads.live.length
    const before = keys()
    client.try(serverId, 7, 'other')
    simulation.advance(100)
    expect(keys()).toBe(before + 4) // the server has the session that nobody used yet
    client.cipher.sessions!.trials!.drop(serverId, 7)
    expect(keys()).toBe(before + 2)
    client.try(serverId, 8, 'other')
    simulation.advance(100)
    expect(keys()).toBe(before + 4) // the newer one took its place
    simulation.advance(TRIAL_LIFETIME)
    expect(keys()).toBe(before + 2)
    expect(client.adopt(serverId, 8, 'other')).toBe(false)
    client.try(serverId, 9, 'other')
    simulation.advance(100)
    client.cipher.close()
    server.cipher.close()
    expect(keys()).toBe(0)
  })

  it('is one of four at the most, 25 ms apart', () => {
    const { simulation, network, client, serverId } = twoWays(kind)
    network.weather = () => []
    expect(client.try(serverId, 0, 'other')).toBe(true)
    expect(client.try(serverId, 1, 'other')).toBe(false)
    for (let id = 1; id < MOST_TRIALS; id++) {
      simulation.advance(25)
      expect(client.try(serverId, id, 'other')).toBe(true)
    }
    simulation.advance(25)
    expect(client.try(serverId, 9, 'other')).toBe(false)
    simulation.advance(TRIAL_LIFETIME)
    expect(client.try(serverId, 9, 'other')).toBe(true)
  })

  it('that is older than another initiation is renewed at once when it is adopted, since the peer may have forgotten it', () => {
    const { simulation, client, server, serverId } = twoWays(kind)
    client.try(serverId, 7, 'other')
    simulation.advance(30)
    client.try(serverId, 8, 'server')
    simulation.advance(30)
    client.adopt(serverId, 7, 'other')
    simulation.advance(300)
    client.send(serverId, ipv4Packet(40, 1))
    simulation.advance(100)
    expect(numbers(server.delivered)).toEqual([1])
  })

  it('that searches is tried again as any handshake, and given up as any', () => {
    const { simulation, network, client, serverId } = pair(kind)
    network.weather = () => []
    client.send(serverId, ipv4Packet(40, 1))
    simulation.advance(100)
    client.try(serverId, 7, 'other', false)
    simulation.advance(REKEY_ATTEMPT + 10_000)
    expect(client.cipher.drops.staged).toBe(1)
    expect(client.cipher.nextTick).toBe(Number.POSITIVE_INFINITY)
  })
})

it('costs the session in use no packet and no renewal, whenever trials begin and end around it, one at a time', () => {
  const way = fc.integer({ min: 1, max: 200 })
  const milliseconds = fc.integer({ min: 1, max: 900 })
  const adopts = fc.integer({ min: 0, max: 9 }).map((chance) => chance === 0)
  const trials = fc.array(fc.record({ after: milliseconds, lasts: milliseconds, adopts }), { minLength: 4 })
  const run = fc.property(way, way, fc.boolean(), trials, (slow, fast, echoes, plan) => {
    const made = twoWays('wireguard')
    const { simulation, network, client, server, serverId, clientId } = made
    simulation.advance(REKEY_AFTER - 4_000)
    network.weather = ({ from, to }) => [from === 'other' || to === 'other' ? fast : slow]
    const before = network.sent.length
    let sent = 0
    const talk = () => {
      client.send(serverId, ipv4Packet(40, sent))
      if (echoes) server.send(clientId, ipv4Packet(40, sent))
      if (++sent < 500) simulation.schedule(20, talk)
    }
    talk()
    let at = 1_500
    for (const [id, { after, lasts, adopts }] of plan.entries()) {
      at += after
      simulation.schedule(at, () => void client.try(serverId, id, 'other'))
      at += lasts
      simulation.schedule(at, () => {
        if (adopts) client.adopt(serverId, id, 'other')
        else client.cipher.sessions!.trials!.drop(serverId, id)
      })
    }
    simulation.advance(25_000)
    expect(new Set(numbers(server.delivered)).size).toBe(sent)
    if (echoes) expect(new Set(numbers(client.delivered)).size).toBe(sent)
    // The session is new by either: renewed, or a trial's in its place.
    client.send(serverId, ipv4Packet(40))
    const renewed = ofType(RESPONSE, network.sent.slice(before)).length
    expect(renewed).toBeGreaterThan(0)
    expect(simulation.now() - client.cipher.sessions!.handshake!(serverId)!.at).toBeLessThan(30_000)
  })
  fc.assert(run, { numRuns: 40 })
})
