import { describe, expect, it } from 'vitest'
import { gateways } from '../../support/netsim/gateways.js'

describe('a group of gateways', () => {
  it('uses the first, and leaves the others alone', async () => {
    const { carriers, client, close, pass, reached, servers, talk } = await gateways(4, {
      peer: { keepalive: 25 },
    })
    expect(await talk(1_000)).toBeLessThan(100)
    await pass(600_000)
    expect(reached()).toEqual([0])
    expect(carriers.map(({ dials }) => dials)).toEqual([1, 0, 0, 0])
    expect(servers.slice(1).flatMap(({ tunnel }) => tunnel.status().troubles)).toEqual([])
    expect(client.lines.filter((line) => line.includes('group') || line.includes('handshake'))).toEqual([])
    expect(await close()).toBe(0)
  })

  it.each([
    ['whose program is killed, over streams', true, 'kill', 1_000],
    ['whose program is killed, over datagrams', false, 'kill', 3_500],
    ['whose host falls silent, over streams', true, 'silence', 4_000],
  ] as const)('moves on from one %s', async (_what, streams, how, most) => {
    const { carriers, client, clock, close, kill, reached, talk } = await gateways(4, { streams })
    await talk(1_000)
    for (const index of [0, 1, 2]) {
      if (how === 'kill') kill(index)
      else carriers[index]!.cut()
      expect(await talk(6_000)).toBeLessThanOrEqual(most)
      expect(reached()).toEqual([index + 1])
    }
    const { groups, peers } = client.tunnel.status()
    const [office] = groups!
    expect(office).toMatchObject({
      name: 'office',
      members: peers.map(({ id }) => id),
      active: peers[3]!.id,
      moves: 3,
    })
    const seconds = (clock.now() - clock.wall() + Date.parse(office!.since)) / 1_000
    expect(clock.now() / 1_000 - seconds).toBeLessThan(6)
    expect(peers.slice(0, 3).map(({ why }) => why)).toEqual(
      Array(3).fill('another member of its group is active'),
    )
    expect(client.lines.filter((line) => line.startsWith('group'))).toEqual(
      [0, 1, 2].map(
        (index) =>
          `group moves to another member group=office from=gateway ${index} to=gateway ${index + 1} why=those before it do not answer`,
      ),
    )
    expect(await close()).toBe(0)
  })

  it.each([true, false])('finds the only one alive of four at a start, over streams: %s', async (streams) => {
    const { close, reached, talk } = await gateways(4, { streams, dead: [0, 1, 2] })
    expect(await talk(5_000)).toBeLessThan(5_000)
    expect(reached()).toEqual([3])
    expect(await close()).toBe(0)
  })

  it('comes back to the same one where its link alone was cut', async () => {
    const { carriers, client, close, reached, talk } = await gateways(2, { streams: true })
    await talk(2_000)
    carriers[0]!.end()
    expect(await talk(3_000)).toBeLessThan(300)
    expect([reached(), carriers[1]!.dials]).toEqual([[0], 0])
    expect(client.lines.filter((line) => line.startsWith('group'))).toEqual([])
    await close()
  })

  it('notices within 10 s that its gateway died, with nothing to send', async () => {
    const { close, kill, pass, reached } = await gateways(3)
    await pass(3_600_000)
    for (const index of [0, 1]) {
      kill(index)
      await pass(10_000)
      expect(reached()).toEqual([index + 1])
      await pass(400_000)
    }
    expect(await close()).toBe(0)
  })

  it('goes on trying all where none answers, and takes the first that does', async () => {
    const { carriers, close, kill, reached, talk } = await gateways(3)
    await talk(500)
    for (const index of [0, 1, 2]) kill(index)
    await talk(30_000)
    expect(reached()).toEqual([])
    carriers[2]!.cut(false)
    await talk(3_000)
    expect(reached()).toEqual([2])
    await close()
  })
})
