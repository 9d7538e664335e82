import { describe, expect, it } from 'vitest'
import { pair } from '../../support/netsim/pair.js'

describe('Connector on a dead carrier', () => {
  it('notices it in 2.5 s while sending, and talks by the next endpoint within 5 s', async () => {
    const { connected, client, carriers, talk, clock, pass } = pair()
    await connected()
    await talk(1_000)
    const cut = clock.now()
    carriers.udp.cut()
    client.tun.inject(Uint8Array.of(0x45, ...new Uint8Array(19)))
    await pass(2_499)
    expect(client.log).toHaveLength(1)
    await pass(1)
    expect(clock.now() - cut).toBe(2_500)
    expect(client.log[1]).toBe('link lost remote=memory://server why=no answer')
    expect(await talk(1_000)).toBeLessThanOrEqual(200)
    expect(client.log[2]).toMatch('peer is reached endpoint=tcp://server')
  })

  it('has no gap of more than 5 s where one carrier after another dies', async () => {
    const { connected, carriers, talk } = pair()
    await connected()
    for (const carrier of [carriers.udp, carriers.tcp]) {
      carrier.cut()
      expect(await talk(20_000)).toBeLessThanOrEqual(5_000)
    }
  })

  it('keeps the session through every move', async () => {
    const { connected, client, server, carriers, talk } = pair()
    await connected()
    carriers.udp.cut()
    await talk(6_000)
    carriers.tcp.cut()
    await talk(6_000)
    carriers.udp.cut(false)
    await talk(20_000)
    expect([client.cipher.handshakes, server.cipher.handshakes]).toEqual([1, 1])
    expect(client.log.at(-1)).toBe(
      'peer is reached endpoint=udp://server remote=memory://server why=it answers again and comes before ws://server',
    )
  })

  it.each([
    ['udp', 35_000],
    ['tcp', 35_000],
    ['ws', 20_000],
  ] as const)('notices within 35 s that an idle %s carrier is dead', async (scheme, within) => {
    const { connected, client, carriers, pass } = pair([`${scheme}://server`])
    await connected()
    await pass(60_000)
    expect(client.log).toHaveLength(1)
    carriers[scheme].cut()
    await pass(within)
    expect(client.log[1]).toBe('link lost remote=memory://server why=no answer')
  })

  it('leaves a carrier alone that answers', async () => {
    const { connected, client, server, pass } = pair(['udp://server'])
    await connected()
    server.tun.host = () => {}
    for (let count = 0; count < 600; count++) {
      client.tun.inject(Uint8Array.of(0x45, ...new Uint8Array(19)))
      await pass(count % 7 === 0 ? 3_000 : 100)
    }
    await pass(3_600_000)
    expect(client.log).toHaveLength(1)
    expect(client.cipher.handshakes).toBe(1)
  })

  it('outlives a carrier that loses a third of all datagrams', async () => {
    const { connected, client, carriers, talk } = pair(['udp://server'])
    await connected()
    let turn = 0
    carriers.udp.lose(() => ++turn % 3 === 0)
    expect(await talk(60_000)).toBeLessThanOrEqual(1_000)
    expect(client.log.filter((line) => line.startsWith('link lost'))).toEqual([])
  })

  it('starts anew with the handshake where the far end was restarted and knows no session', async () => {
    const { connected, client, server, talk } = pair(['udp://server'])
    await connected()
    server.cipher.restart()
    expect(await talk(10_000)).toBeLessThanOrEqual(4_000)
    expect(client.cipher.handshakes).toBe(2)
  })

  it('probes a new stream at once, and starts a handshake where that is unanswered for 500 ms', async () => {
    const { connected, client, server, listen, clock, pass } = pair(['tcp://server'])
    await connected()
    await pass(2_000)
    await server.unlisten()
    server.cipher.restart()
    await listen()
    const closed = clock.now()
    while (client.cipher.handshakes === 1) await pass(10)
    expect(clock.now() - closed).toBeGreaterThanOrEqual(500)
    expect(clock.now() - closed).toBeLessThanOrEqual(600)
  })

  it('goes on without a handshake on a new stream where the session lives', async () => {
    const { connected, client, server, listen, carriers, pass, talk } = pair(['tcp://server'])
    await connected()
    await pass(2_000)
    await server.unlisten()
    await listen()
    expect(await talk(1_000)).toBeLessThanOrEqual(200)
    expect([carriers.tcp.dials, client.cipher.handshakes]).toEqual([2, 1])
  })

  it('is back within 2 s when a server comes back that was away for a while', async () => {
    const { connected, client, server, listen, pass, clock } = pair(['tcp://server'])
    await connected()
    for (const away of [100, 1_000, 5_000, 20_000, 55_000]) {
      await pass(2_000)
      await server.unlisten()
      await pass(away)
      const back = clock.now()
      await listen()
      while (!client.log.at(-1)!.startsWith('peer is reached')) await pass(10)
      expect(clock.now() - back).toBeLessThanOrEqual(2_100)
    }
    expect(client.cipher.handshakes).toBe(1)
  })

  it('gives a peer that answers no probes 15 s, as WireGuard would', async () => {
    const { connected, client, server, carriers, talk, pass } = pair(['udp://server', 'udp2://server'])
    client.cipher.probes = false
    server.cipher.probes = false
    await connected()
    await pass(600_000)
    expect(client.log).toHaveLength(1)
    carriers.udp.cut()
    const gap = await talk(20_000)
    expect(gap).toBeGreaterThan(15_000)
    expect(gap).toBeLessThan(16_000)
    expect(client.log.at(-1)).toMatch('peer is reached endpoint=udp2://server')
  })

  it('probes at the next check where the host slept', async () => {
    const { connected, client, carriers, clock, pass } = pair(['udp2://server', 'udp://server'])
    carriers.udp2.fault = 'refused'
    await connected()
    const { wall } = clock
    clock.wall = () => wall.call(clock) + 3_600_000
    carriers.udp.cut()
    await pass(5_000 + 1_500)
    expect(client.log.slice(2, 4)).toEqual([
      'the host was suspended remote=memory://server',
      'link lost remote=memory://server why=no answer',
    ])
  })
})

describe('Connector on the way back', () => {
  it('returns to the best endpoint once that has answered three probes in a row', async () => {
    const { connected, client, server, carriers, talk } = pair()
    carriers.udp.cut()
    await connected()
    await talk(5_000)
    expect(client.log.at(-1)).toMatch('endpoint=tcp://server')
    let sent = 0
    carriers.udp.lose(() => ++sent % 6 === 5) // of every three probes with their answers, the third is lost
    await talk(30_000)
    expect(client.log.at(-1)).toMatch('endpoint=tcp://server')
    carriers.udp.cut(false)
    expect(await talk(10_000)).toBeLessThanOrEqual(200)
    expect(client.log.at(-1)).toMatch(/endpoint=udp:.* why=it answers again and comes before tcp:\/\/server/)
    expect(server.remote).toMatch('anonymous')
    expect(carriers.tcp.open.size).toBe(0)
  })

  it('starts no handshake at an endpoint that it would like to return to', async () => {
    const { connected, client, server, carriers, talk } = pair()
    carriers.udp.cut()
    await connected()
    await talk(4_000)
    const { handshakes } = server.cipher
    await talk(60_000)
    expect([server.cipher.handshakes, client.cipher.handshakes]).toEqual([handshakes, 1])
    expect(carriers.udp.open.size).toBeLessThanOrEqual(1)
  })

  it('stays away for 30 s and then twice as long from an endpoint that fails each time it returns', async () => {
    const { connected, client, carriers, talk, clock } = pair(['udp://server', 'tcp://server'])
    await connected()
    const stays: number[] = []
    for (let count = 0; count < 4; count++) {
      carriers.udp.cut()
      while (!client.log.at(-1)!.includes('endpoint=tcp')) await talk(100)
      const fell = clock.now()
      carriers.udp.cut(false)
      while (!client.log.at(-1)!.includes('endpoint=udp')) await talk(100)
      stays.push(Math.round((clock.now() - fell) / 1_000))
    }
    expect(stays).toEqual([6, 31, 61, 121])
  })

  it('falls back from the carrier it is on while it tries a better one', async () => {
    const { connected, client, carriers, talk, left, pass } = pair()
    carriers.udp.cut()
    await connected()
    await pass(3_000)
    expect(client.log.at(-1)).toMatch('endpoint=tcp://server')
    await pass(5_000)
    expect(carriers.udp.open.size).toBe(1)
    carriers.tcp.cut()
    expect(await talk(5_000)).toBeLessThanOrEqual(5_000)
    expect(client.log.at(-1)).toMatch('endpoint=ws://server')
    await client.stop()
    expect(left().links).toBe(0)
  })
})
