import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CONTROL_TYPES, writeControl } from '../../../../src/ciphers/noise/control/control.js'
import { settingsItems } from '../../../../src/ciphers/noise/control/control-settings.js'
import { SettingsExchange } from '../../../../src/ciphers/noise/control/settings-exchange.js'
import { REKEY_AFTER } from '../../../../src/ciphers/noise/wire/times.js'
import { NO_SETTINGS } from '../../../../src/core/settings/client-settings.js'
import { Deadline } from '../../../../src/core/time/deadline.js'
import { settingsOf } from '../../../support/ciphers/settings-samples.js'
import { connectedPair, kinds, type Pair, pair } from '../../../support/ciphers/tunnels.js'
import { ipv4Packet } from '../../../support/netsim/packets.js'

const FIRST = settingsOf({
  addresses: ['10.0.0.2'],
  routes: ['10.9.0.0/16'],
  nameServers: ['10.0.0.1'],
  mtu: 1380,
})
const SECOND = settingsOf({ addresses: ['10.0.0.2'], routes: ['10.8.0.0/16'] })

/** Two ends with a session, of which the client asks and the server hands `FIRST`. */
function pushingPair(kind: (typeof kinds)[number]): Pair {
  const made = pair(kind)
  made.server.hand(made.clientId, FIRST)
  made.client.ask(made.serverId)
  made.client.initiate(made.serverId)
  made.simulation.advance(200)
  return made
}

describe.each(kinds)('settings by the cipher %s', (kind) => {
  it('come to whoever asks, once a session begins', () => {
    expect(pushingPair(kind).client.settings).toEqual([FIRST])
  })

  it('come to nobody who does not ask, and nothing is sent for them', () => {
    const silent = connectedPair(kind)
    const handing = pair(kind)
    handing.server.hand(handing.clientId, FIRST)
    handing.client.initiate(handing.serverId)
    handing.simulation.advance(200)
    handing.server.hand(handing.clientId, SECOND)
    handing.simulation.advance(20_000)
    silent.simulation.advance(20_000)
    expect(handing.client.settings).toEqual([])
    expect(handing.network.sent.length).toBe(silent.network.sent.length)
  })

  it('are nothing where the server hands nothing, so that what an earlier one handed is taken back', () => {
    const made = pair(kind)
    made.client.ask(made.serverId)
    made.client.initiate(made.serverId)
    made.simulation.advance(200)
    expect(made.client.settings).toEqual([NO_SETTINGS])
  })

  it('are asked for again when they change, and when nothing is left of them', () => {
    const { client, clientId, server, simulation } = pushingPair(kind)
    simulation.advance(1000)
    server.hand(clientId, SECOND)
    simulation.advance(200)
    expect(client.settings).toEqual([FIRST, SECOND])
    simulation.advance(1000)
    server.hand(clientId, NO_SETTINGS)
    simulation.advance(200)
    expect(client.settings).toEqual([FIRST, SECOND, NO_SETTINGS])
  })

  it('that do not change are not told', () => {
    const { client, clientId, network, server, simulation } = pushingPair(kind)
    simulation.advance(15_000)
    const before = network.sent.length
    server.hand(
      clientId,
      settingsOf({ addresses: ['10.0.0.2'], routes: ['10.9.0.0/16'], nameServers: ['10.0.0.1'], mtu: 1380 }),
    )
    simulation.advance(5000)
    expect(network.sent.length).toBe(before)
    expect(client.settings).toHaveLength(1)
  })

  it('are asked for at most once a second, however often they change', () => {
    const { client, clientId, server, simulation } = pushingPair(kind)
    for (let change = 0; change < 100; change++) {
      server.hand(clientId, settingsOf({ routes: [`10.${change}.0.0/16`] }))
      simulation.advance(50)
    }
    simulation.advance(2000)
    expect(client.settings.length).toBeLessThanOrEqual(8)
    expect(client.settings.at(-1)).toEqual(settingsOf({ routes: ['10.99.0.0/16'] }))
  })

  it('come although the question, the answer or the news are lost once or twice', () => {
    for (const lost of [1, 2]) {
      const made = pushingPair(kind)
      const { client, clientId, network, server, simulation } = made
      simulation.advance(1000)
      let drops = lost
      network.weather = () => (drops-- > 0 ? [] : [10])
      server.hand(clientId, SECOND)
      simulation.advance(8000)
      expect(client.settings.at(-1)).toEqual(SECOND)
    }
  })

  it('are asked for in each session', () => {
    const { client, server, serverId, simulation } = pushingPair(kind)
    simulation.advance(REKEY_AFTER + 1000)
    client.send(serverId, ipv4Packet(40, 1))
    simulation.advance(1000)
    expect(client.settings).toEqual([FIRST, FIRST])
    expect(server.settings).toEqual([])
  })

  it('of a server that restarted without any replace those that it handed before', () => {
    const made = pushingPair(kind)
    const { client, server, serverId, simulation } = made
    server.cipher = made.newServerCipher()
    simulation.advance(1000)
    client.initiate(serverId)
    simulation.advance(1000)
    expect(client.settings).toEqual([FIRST, NO_SETTINGS])
  })

  it('are asked for at once where that is wanted while there is a session, and no more where it is not', () => {
    const { client, clientId, server, serverId, simulation } = connectedPair(kind)
    server.hand(clientId, FIRST)
    client.ask(serverId)
    simulation.advance(200)
    expect(client.settings).toEqual([FIRST])
    client.ask(serverId, false)
    server.hand(clientId, SECOND)
    simulation.advance(20_000)
    expect(client.settings).toEqual([FIRST])
  })

  it('may go both ways', () => {
    const { client, clientId, server, serverId, simulation } = connectedPair(kind)
    server.hand(clientId, FIRST)
    client.hand(serverId, SECOND)
    client.ask(serverId)
    server.ask(clientId)
    simulation.advance(200)
    expect(client.settings).toEqual([FIRST])
    expect(server.settings).toEqual([SECOND])
  })

  it('are asked for three times, and then no more until there is a new session', () => {
    const made = connectedPair(kind)
    const { client, network, serverId, simulation } = made
    simulation.advance(15_000)
    network.weather = () => []
    const before = network.sent.length
    client.ask(serverId)
    simulation.advance(60_000)
    expect(network.sent.length - before).toBe(3)
  })
})

describe('the exchange of settings', () => {
  it('asks nobody who said nothing: a plain WireGuard sees no such message', () => {
    const exchange = new SettingsExchange(() => 1, new Deadline())
    exchange.ask(true, false, 0)
    exchange.push(FIRST, 0)
    exchange.begin()
    expect(exchange.nextAt).toBe(Number.POSITIVE_INFINITY)
    expect(exchange.due(100)).toBeUndefined()
  })

  it('takes only answers to the question that is open', () => {
    const exchange = new SettingsExchange(() => 5, new Deadline())
    expect(exchange.answers(5)).toBe(false)
    exchange.ask(true, true, 0)
    expect(exchange.due(0)).toEqual(writeControl({ type: CONTROL_TYPES.settingsRequest, id: 5, items: [] }))
    expect(exchange.answers(6)).toBe(false)
    expect(exchange.answers(5)).toBe(true)
    expect(exchange.answers(5)).toBe(false)
  })

  it('says that there is news until the peer asks', () => {
    const exchange = new SettingsExchange(() => 9, new Deadline())
    exchange.answer(1)
    exchange.push(FIRST, 1000)
    const news = writeControl({ type: CONTROL_TYPES.settingsNews, id: 9, items: [] })
    expect(exchange.due(1000)).toEqual(news)
    expect(exchange.nextAt).toBe(2000)
    expect(exchange.due(2000)).toEqual(news)
    expect(exchange.answer(9)).toEqual(
      writeControl({ type: CONTROL_TYPES.settingsResponse, id: 9, items: settingsItems(FIRST) }),
    )
    expect(exchange.nextAt).toBe(Number.POSITIVE_INFINITY)
  })

  it('never sends more than three messages for one event, and none when nothing is due', () => {
    const event = fc.oneof(
      fc.record({ kind: fc.constant('told' as const), id: fc.nat(3) }),
      fc.record({ kind: fc.constantFrom('hand', 'understood', 'begin', 'ask', 'forget', 'answer') }),
      fc.record({ kind: fc.constant('wait' as const), id: fc.nat(5000) }),
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        let id = 0
        let now = 0
        let sent = 0
        let version = 0
        const exchange = new SettingsExchange(() => ++id, new Deadline())
        for (const event of events) {
          if (event.kind === 'told') exchange.told((event as { id: number }).id, now)
          else if (event.kind === 'wait') now += (event as { id: number }).id
          else if (event.kind === 'hand') exchange.push(settingsOf({ mtu: 1300 + version++ }), now)
          else if (event.kind === 'ask') exchange.ask(true, true, now)
          else if (event.kind === 'answer') exchange.answer(1)
          else if (event.kind === 'understood') exchange.understood(now)
          else if (event.kind === 'begin') exchange.begin()
          else exchange.forget()
          while (exchange.nextAt <= now) {
            if (exchange.due(now) !== undefined) sent++
          }
          expect(exchange.due(now)).toBeUndefined()
        }
        expect(sent).toBeLessThanOrEqual(3 * events.length)
      }),
    )
  })
})
