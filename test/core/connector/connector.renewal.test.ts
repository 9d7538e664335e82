import { describe, expect, it } from 'vitest'
import { LEAST_AGE } from '../../../src/core/forwarding/narrowed-streams.js'
import { pair } from '../../support/netsim/pair.js'

/** A client that has reached its server by TCP for a while, and what its host tells of. */
async function overTcp(options: Parameters<typeof pair>[1] = {}, age = LEAST_AGE) {
  const ends = pair(['tcp://server'], options)
  await ends.connected()
  await ends.pass(age)
  const { carriers, client, clock } = ends
  return {
    ...ends,
    /** The route of all that is open carries less from now on, and the host tells so. */
    narrows() {
      carriers.tcp.narrowRoutes()
      client.pump.paths.routesChanged(clock.now())
    },
    /** That of all that is open carries as much as before, and the host tells so. */
    widens() {
      carriers.tcp.widenRoutes()
      client.pump.paths.routesChanged(clock.now())
    },
    /** The host's routes changed, for all of which there are reasons. */
    changes: () => client.pump.paths.routesChanged(clock.now()),
  }
}

describe('Connector on a stream whose route carries less than before', () => {
  it.each([{ sessions: true }, { sessions: false }])(
    'opens another one beside it and moves there without a gap, with %o',
    async (options) => {
      const { narrows, talk, carriers, client } = await overTcp(options)
      await talk(1_000)
      narrows()
      expect(await talk(1_000)).toBeLessThanOrEqual(100)
      expect([carriers.tcp.dials, carriers.tcp.open.size]).toEqual([2, 1])
      expect(client.log.at(-1)).toContain('why=the route of the link before carries less')
      expect(client.log.filter((line) => line.startsWith('link lost'))).toEqual([])
    },
  )

  it('keeps the session', async () => {
    const { narrows, pass, client } = await overTcp()
    narrows()
    await pass(1_000)
    expect(client.cipher.handshakes).toBe(1)
  })

  it('opens one only, however often routes change meanwhile, and none while its own is as wide as it was', async () => {
    const { narrows, changes, pass, carriers } = await overTcp()
    changes()
    await pass(1_000)
    expect(carriers.tcp.dials).toBe(1)
    for (let change = 0; change < 3; change++) narrows()
    await pass(1_000)
    changes()
    await pass(1_000)
    expect(carriers.tcp.dials).toBe(2)
  })

  it('waits until its own is three seconds old, however often the route carries more and less', async () => {
    const { narrows, widens, pass, carriers } = await overTcp()
    const dials: number[] = []
    for (let second = 0; second < 12; second++) {
      narrows()
      await pass(500)
      dials.push(carriers.tcp.dials)
      widens()
      await pass(500)
    }
    narrows()
    await pass(LEAST_AGE)
    expect(dials).toEqual([2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5])
    expect(carriers.tcp.dials).toBe(6)
  })

  it('opens none for a young one whose route is by then as wide as it was', async () => {
    const { narrows, widens, pass, carriers, client, server, left } = await overTcp({}, 0)
    narrows()
    widens()
    await pass(LEAST_AGE)
    expect(carriers.tcp.dials).toBe(1)
    narrows()
    await pass(1_000)
    expect(carriers.tcp.dials).toBe(2)
    narrows()
    await client.stop()
    await server.stop()
    await pass(1_000)
    expect(left()).toEqual({ timers: 0, links: 0 })
  })

  it('goes on by the one in use if no other one can be had', async () => {
    const { narrows, talk, carriers, client } = await overTcp()
    carriers.tcp.fault = 'refused'
    narrows()
    expect(await talk(1_000)).toBeLessThanOrEqual(100)
    expect(client.log.slice(1)).toEqual([
      'link is not renewed though its route carries less than before endpoint=tcp://server why=Cannot dial: the test says ERR_TRANSPORT_DIAL',
    ])
  })

  it('tries again after a pause, for as long as its route carries less', async () => {
    const { narrows, widens, talk, pass, carriers } = await overTcp()
    carriers.tcp.fault = 'no name server'
    narrows()
    await pass(2_000)
    carriers.tcp.fault = undefined
    expect(await talk(2_000)).toBeLessThanOrEqual(100)
    expect(carriers.tcp.open.size).toBe(1)
    const dials = carriers.tcp.dials
    expect(dials).toBeGreaterThan(3)
    carriers.tcp.fault = 'refused'
    await pass(LEAST_AGE)
    narrows()
    await pass(10)
    widens()
    await pass(60_000)
    expect(carriers.tcp.dials).toBe(dials + 1)
  })

  it('goes on with its attempt if the far end noticed, too, and closed', async () => {
    const { narrows, talk, carriers, server, client } = await overTcp()
    await talk(500)
    narrows()
    server.peer.link!.close()
    expect(await talk(1_000)).toBeLessThanOrEqual(150)
    expect(carriers.tcp.dials).toBe(2)
    expect(client.log.at(-1)).toContain('why=the route of the link before carries less')
  })

  it('searches as ever if that attempt fails, too', async () => {
    const { narrows, talk, pass, carriers, server } = await overTcp()
    carriers.tcp.fault = 'hangs'
    narrows()
    server.peer.link!.close()
    await pass(1_000)
    expect(carriers.tcp.dials).toBe(2)
    carriers.tcp.fault = undefined
    await pass(6_000)
    expect(await talk(1_000)).toBeLessThanOrEqual(100)
    expect(carriers.tcp.dials).toBe(3)
  })

  it('gives the attempt up with the link in use', async () => {
    const { narrows, pass, carriers, client, server, left } = await overTcp()
    carriers.tcp.fault = 'hangs'
    narrows()
    await client.stop()
    await server.stop()
    await pass(1_000)
    expect(left()).toEqual({ timers: 0, links: 0 })
  })
})
