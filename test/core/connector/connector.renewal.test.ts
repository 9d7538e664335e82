import { describe, expect, it } from 'vitest'
import { pair } from '../../support/netsim/pair.js'

/** A client that reaches its server by TCP, and what its host tells of. */
async function overTcp(options: Parameters<typeof pair>[1] = {}) {
  const ends = pair(['tcp://server'], options)
  await ends.connected()
  const { carriers, client, clock } = ends
  return {
    ...ends,
    /** The route of all that is open carries less from now on, and the host tells so. */
    narrows() {
      carriers.tcp.narrowRoutes()
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
      expect(client.log.at(-1)).toContain('why=its route carries less than before')
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

  it('goes on by the one in use if no other one can be had', async () => {
    const { narrows, talk, carriers, client } = await overTcp()
    carriers.tcp.fault = 'refused'
    narrows()
    expect(await talk(1_000)).toBeLessThanOrEqual(100)
    expect(client.log).toHaveLength(1)
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
