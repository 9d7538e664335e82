import { describe, expect, it } from 'vitest'
import { pair } from '../../support/netsim/pair.js'

const MINUTE = 60_000

/** A client whose only endpoint fails for this reason, and when it is dialled, in seconds from the start. */
function failing(reason: string, endpoints = ['tcp://server']) {
  const all = pair(endpoints)
  const { carriers, client, clock, pass } = all
  carriers.tcp.fault = { reason }
  const start = clock.now()
  const at: number[] = []
  void client.connector!.start()
  /** Lets time pass, a second at a time. */
  const watch = async (milliseconds: number) => {
    for (let passed = 0; passed < milliseconds; passed += 1_000) {
      const before = carriers.tcp.dials
      await pass(1_000)
      if (carriers.tcp.dials > before) at.push(Math.ceil((clock.now() - start) / 1_000))
    }
  }
  return { ...all, at, watch }
}

describe('An endpoint that failed', () => {
  it.each(['certificate-expired', 'certificate-name', 'certificate-pin'])(
    'by %s is left alone for 30 s, growing to 10 min',
    async (reason) => {
      const { carriers, client, watch } = failing(reason)
      await watch(40 * MINUTE)
      // At 0, 30, 90, 210, 450, 930, 1,530 and 2,130 s.
      expect(carriers.tcp.dials).toBe(8)
      expect(client.peer.failed.values().next().value?.reason).toMatchObject({ code: reason, step: 'tls' })
      const [endpoint] = client.peer.failed.keys()
      expect(client.connector!.nextAttempt(endpoint!)).toBeGreaterThan(0)
    },
  )

  it('by a refused login is tried once more, and then each half an hour', async () => {
    const { carriers, watch } = failing('proxy-credentials')
    await watch(29 * MINUTE)
    expect(carriers.tcp.dials).toBe(2)
    await watch(2 * MINUTE)
    expect(carriers.tcp.dials).toBe(3)
  })

  it('by an unknown name is tried each second for a minute, and then as one that somebody has to mend', async () => {
    const { carriers, watch } = failing('name-unknown')
    await watch(MINUTE)
    const eager = carriers.tcp.dials
    expect(eager).toBeGreaterThan(40)
    await watch(9 * MINUTE)
    expect(carriers.tcp.dials - eager).toBeLessThan(7)
  })

  it('by something else is tried as soon as ever', async () => {
    const { carriers, watch } = failing('connect-refused')
    await watch(MINUTE)
    expect(carriers.tcp.dials).toBeGreaterThan(40)
  })

  it.each(['certificate-early', 'certificate-expired'])(
    'by %s is tried within 5 s of somebody setting the clock',
    async (reason) => {
      const { carriers, clock, watch } = failing(reason)
      await watch(4 * MINUTE)
      const before = carriers.tcp.dials
      const wall = clock.wall.bind(clock)
      clock.wall = () => wall() + 3_600_000
      await watch(5_000)
      expect(carriers.tcp.dials).toBe(before + 1)
      await watch(20_000)
      expect(carriers.tcp.dials).toBe(before + 1) // the clock stands
    },
  )

  it('by another reason is not tried because somebody set the clock', async () => {
    const { carriers, clock, watch } = failing('certificate-name')
    await watch(4 * MINUTE)
    const before = carriers.tcp.dials
    const wall = clock.wall.bind(clock)
    clock.wall = () => wall() + 3_600_000
    await watch(20_000)
    expect(carriers.tcp.dials).toBe(before)
  })

  it.each([
    ['network', 'certificate-name', 1],
    ['reload', 'certificate-name', 1],
    ['portal', 'certificate-name', 1],
    ['network', 'proxy-credentials', 0],
    ['portal', 'proxy-credentials', 0],
    ['reload', 'proxy-credentials', 1],
  ] as const)('is tried at once after a change of the %s if %s, %i times', async (cause, reason, times) => {
    const { carriers, client, pass, watch } = failing(reason)
    await watch(5 * MINUTE)
    const before = carriers.tcp.dials
    client.connector!.hurry(cause)
    await pass(0)
    expect(carriers.tcp.dials).toBe(before + times)
  })

  it('is not tried more often than each 30 s because networks come and go', async () => {
    const { carriers, client, pass, watch } = failing('certificate-name')
    await watch(5 * MINUTE)
    const before = carriers.tcp.dials
    for (let second = 0; second < 29; second++) {
      client.connector!.hurry('network')
      await pass(1_000)
    }
    expect(carriers.tcp.dials).toBe(before + 1)
  })

  it('does not hold up the others, and is not called each 5 s as a better one', async () => {
    const { carriers, client, listen, pass, watch } = failing('certificate-name', [
      'tcp://server',
      'ws://server',
    ])
    await listen()
    await pass(1_000)
    expect(client.log.at(-1)).toMatch('peer is reached endpoint=ws://server')
    await watch(10 * MINUTE)
    expect(carriers.tcp.dials).toBeLessThan(7)
    expect([...client.peer.failed.values()].map(({ reason }) => reason.code)).toEqual(['certificate-name'])
    carriers.tcp.fault = undefined
    await watch(11 * MINUTE)
    expect(client.log.at(-1)).toMatch('peer is reached endpoint=tcp://server')
    expect(client.peer.failed.size).toBe(0)
  })

  it('is told of at once, and then in lines that sum up, ever less often', async () => {
    const { client, watch } = failing('connect-refused')
    await watch(60 * MINUTE)
    const lines = client.log.map((line) => line.split(' endpoint')[0])
    expect(lines[0]).toBe('endpoint does not answer')
    expect(lines.slice(1).every((line) => line === 'endpoint still does not answer')).toBe(true)
    expect(lines.length).toBeGreaterThan(4)
    expect(lines.length).toBeLessThan(9)
  })
})

describe('Why a peer is reached', () => {
  it('does not tell why it was lost before', async () => {
    const { carriers, client, connected, pass, server } = pair(['tcp://server'])
    await connected()
    await pass(5_000)
    await server.unlisten()
    carriers.tcp.fault = 'refused'
    await pass(1_000)
    expect([client.peer.remote, client.peer.why]).toEqual([undefined, expect.stringMatching('Cannot dial')])
    carriers.tcp.fault = undefined
    await server.listen('tcp://server')
    await pass(5_000)
    expect(client.peer.why).toBe('it answers again')
    expect(client.peer.failed.size).toBe(0)
  })

  it('is told only once something came, if the cipher proves nothing', async () => {
    const { client, connected, talk } = pair(['udp://server'], { sessions: false })
    await connected()
    expect(client.peer.remote).toBe(undefined)
    await talk(100)
    expect([client.peer.remote, client.peer.why]).toEqual(['memory://server', 'it comes first'])
  })
})
