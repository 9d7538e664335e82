import { describe, expect, it } from 'vitest'
import { pair } from '../../support/netsim/pair.js'

describe('Connector, first of all', () => {
  it('uses the best endpoint where that answers, and dials no other', async () => {
    const { connected, client, dials, talk } = pair()
    await connected()
    expect(client.remote).toBe('memory://server')
    expect(dials()).toEqual([1, 0, 0, 0])
    expect(client.log).toEqual([
      'peer is reached endpoint=udp://server remote=memory://server why=it comes first',
    ])
    expect(await talk(1_000)).toBeLessThanOrEqual(100)
  })

  it.each([
    ['is refused', 'refused', 0],
    ['knows no such host', 'unknown host', 0],
    ['has no name server that answers', 'no name server', 0],
    ['finds its port taken', 'port taken', 0],
    ['gets no answer to its dialling', 'hangs', 3_000],
    ['gets no answer to its handshake', 'cut', 3_000],
  ] as const)('goes on to the next endpoint where it %s', async (_what, fault, after) => {
    const { listen, client, carriers, pass, dials } = pair()
    await listen()
    if (fault === 'cut') carriers.udp.cut()
    else carriers.udp.fault = fault
    void client.connector!.start()
    await pass(after - 1)
    expect(carriers.tcp.dials).toBe(after > 0 ? 0 : 1)
    await pass(101)
    expect(dials()).toEqual([1, 0, 1, 0])
    expect(client.log.map((line) => line.split(' why')[0])).toEqual([
      'endpoint does not answer endpoint=udp://server',
      'peer is reached endpoint=tcp://server remote=memory://server',
    ])
    expect(carriers.udp.open.size).toBe(0)
  })

  it('comes to the last one where two do not answer', async () => {
    const { listen, client, carriers, pass } = pair()
    await listen()
    carriers.udp.cut()
    carriers.tcp.cut()
    void client.connector!.start()
    await pass(9_100)
    expect(client.log.at(-1)).toMatch('peer is reached endpoint=ws://server')
  })

  it('tries them all again after a growing pause, until one answers', async () => {
    const { client, carriers, pass, listen, all } = pair()
    for (const carrier of all) carrier.fault = 'refused'
    void client.connector!.start()
    await pass(59_000)
    expect(client.log.map((line) => /retryInMs=(\d+)/.exec(line)?.[1])).toEqual([undefined, undefined, '375'])
    expect([client.peer.why, client.peer.failed.size]).toEqual([
      'Cannot dial: the test says ERR_TRANSPORT_DIAL',
      3,
    ])
    await pass(2_000)
    expect(client.log.slice(3).map((line) => line.replace(/ why=.*times=\d+/, ''))).toEqual(
      ['udp', 'tcp', 'ws'].map((scheme) =>
        expect.stringMatching(`^endpoint still does not answer endpoint=${scheme}://server forSeconds=6`),
      ),
    )
    const { dials } = carriers.udp
    expect(dials).toBeGreaterThan(35)
    expect([carriers.tcp.dials, carriers.ws.dials]).toEqual([dials, dials])
    await listen()
    carriers.ws.fault = undefined
    await pass(2_100)
    expect(client.log.at(-1)).toMatch('peer is reached endpoint=ws://server')
  })

  it('starts at once where an endpoint is open, proven or not', async () => {
    const { client, pass, clock } = pair()
    const started = client.connector!.start().then(() => clock.now())
    const before = clock.now()
    await pass(10_000)
    expect(await started).toBe(before)
  })

  it.each(['unknown host', 'no name server', 'port taken'] as const)(
    'starts with "%s" everywhere, and reaches the peer within 3 s of its end, 30 s later',
    async (fault) => {
      const { client, pass, all, listen, clock } = pair()
      for (const carrier of all) carrier.fault = fault
      await Promise.all([client.connector!.start(), pass(30_000)])
      await listen()
      for (const carrier of all) carrier.fault = undefined
      const opened = clock.now()
      while (!client.log.at(-1)!.startsWith('peer is reached')) await pass(10)
      expect(clock.now() - opened).toBeLessThan(3_000)
    },
  )

  it('does not start where the local port is forbidden for all', async () => {
    const { client, pass, all } = pair()
    for (const carrier of all) carrier.fault = 'port forbidden'
    const started = client.connector!.start()
    await Promise.all([
      pass(0),
      expect(started).rejects.toMatchObject({ name: 'TransportError', code: 'ERR_TRANSPORT_LISTEN' }),
    ])
  })

  it('starts where one of the hosts is known, even if it does not answer', async () => {
    const { client, pass, all, carriers } = pair()
    for (const carrier of all) carrier.fault = 'port forbidden'
    carriers.tcp.fault = 'refused'
    await Promise.all([client.connector!.start(), pass(0)])
  })

  it('gives up an endpoint that can never be dialled, says so once, and goes on with the others', async () => {
    const { client, pass, carriers, dials, listen } = pair()
    carriers.udp.fault = 'wrong setting'
    carriers.tcp.fault = 'refused'
    carriers.ws.fault = 'refused'
    void client.connector!.start()
    await pass(30_000)
    expect(dials()[0]).toBe(1)
    expect(client.log.filter((line) => line.includes('udp://'))).toEqual([
      'endpoint is given up until its configuration changes endpoint=udp://server why=Cannot dial: the test says so step=dial code=other',
    ])
    expect(carriers.tcp.dials).toBeGreaterThan(10)
    await listen()
    carriers.ws.fault = undefined
    await pass(60_000)
    expect(client.log.at(-1)).toMatch('peer is reached endpoint=ws://server')
    carriers.tcp.fault = undefined
    await pass(60_000)
    expect(client.log.at(-1)).toMatch('peer is reached endpoint=tcp://server')
    expect(dials()[0]).toBe(1)
  })

  it('does not start where no endpoint can ever be dialled, and leaves no timer', async () => {
    const { client, pass, all, left } = pair()
    for (const carrier of all) carrier.fault = 'wrong setting'
    const before = left()
    const started = client.connector!.start()
    await Promise.all([pass(0), expect(started).rejects.toMatchObject({ code: 'ERR_CONFIG_VALUE' })])
    expect(left()).toEqual(before)
  })

  it('keeps a password out of the log', async () => {
    const { client, carriers, pass } = pair(['ws://user:secret@server/path?token=secret'])
    carriers.ws.fault = 'hangs'
    void client.connector!.start()
    await pass(20_000)
    expect(client.log.join('\n')).toContain('endpoint=ws://server/path')
    expect(client.log.join('\n')).not.toContain('secret')
  })

  it('sends what was staged as soon as the handshake is done', async () => {
    const { client, server, listen, pass } = pair()
    await listen()
    void client.connector!.start()
    client.tun.inject(Uint8Array.of(0x45, ...new Uint8Array(19)))
    await pass(0)
    client.tun.inject(Uint8Array.of(0x45, ...new Uint8Array(19)))
    await pass(100)
    expect([client.pump.drops.linkless, server.pump.traffic.receivedPackets]).toEqual([1, 1])
  })
})

describe('Connector with a cipher that proves nothing', () => {
  it('takes a stream that opens, and a datagram link at once', async () => {
    for (const scheme of ['udp', 'tcp']) {
      const { connected, client, talk, clock } = pair([`${scheme}://server`], { sessions: false })
      await connected()
      expect(client.log).toEqual([
        `peer is reached endpoint=${scheme}://server remote=memory://server why=it comes first`,
      ])
      expect([client.remote, client.peer.why]).toEqual([
        'memory://server',
        'the link is open, and nothing came by it yet',
      ])
      expect(client.peer.remote).toBe(undefined)
      expect(await talk(1_000)).toBeLessThanOrEqual(100)
      expect(clock.pending).toBe(0)
    }
  })

  it('goes on to the next endpoint where a stream does not open', async () => {
    const { listen, client, carriers, pass } = pair(['tcp://server', 'ws://server'], { sessions: false })
    await listen()
    carriers.tcp.fault = 'refused'
    void client.connector!.start()
    await pass(100)
    expect(client.log.at(-1)).toMatch('peer is reached endpoint=ws://server')
  })

  it('calls one that accepts and closes at once less and less often', async () => {
    const { client, server, carriers, pass, listen } = pair(['tcp://server'], { sessions: false })
    await listen()
    void client.connector!.start()
    for (let count = 0; count < 240; count++) {
      await pass(500)
      await server.unlisten()
      await listen()
    }
    expect(carriers.tcp.dials).toBeGreaterThan(10)
    expect(carriers.tcp.dials).toBeLessThan(110)
    expect(carriers.tcp.open.size).toBeLessThanOrEqual(1)
  })

  it('calls again at once where the link had lasted', async () => {
    const { connected, client, server, carriers, pass, talk } = pair(['tcp://server'], { sessions: false })
    await connected()
    await pass(60_000)
    await server.unlisten()
    await server.listen('tcp://server')
    await pass(50)
    expect(carriers.tcp.dials).toBe(2)
    expect(client.log.at(-1)).toMatch('peer is reached')
    expect(await talk(500)).toBeLessThanOrEqual(100)
  })
})
