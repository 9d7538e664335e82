import { expect, it } from 'vitest'
import { gateways } from '../../support/netsim/gateways.js'

it.each([true, false])(
  'moves to the nearest gateway within seconds, with a gap of one round trip, over streams: %s',
  async (streams) => {
    const { carriers, client, close, pass, reached, talk } = await gateways(4, {
      ...{ choose: 'nearest', delays: [60, 40, 10, 30], streams },
    })
    expect(await talk(5_000)).toBeLessThan(400)
    expect(reached()).toEqual([2])
    expect(client.lines.filter((line) => line.startsWith('group')).at(-1)).toContain(
      'to=gateway 2 why=it is nearer',
    )
    const { moves } = client.tunnel.status().groups![0]!
    await pass(3_600_000)
    expect(client.tunnel.status().groups![0]!.moves).toBe(moves)
    expect(carriers.map(({ open }) => open.size)).toEqual([0, 0, 1, 0])
    expect(await close()).toBe(0)
  },
)

it('takes the nearest of those that are left, and is back at a nearer one when that was measured again', async () => {
  const { carriers, close, kill, pass, reached, talk } = await gateways(4, {
    choose: 'nearest',
    delays: [60, 40, 10, 30],
  })
  await talk(5_000)
  kill(2)
  expect(await talk(8_000)).toBeLessThan(3_500)
  expect(reached()).toEqual([3])
  carriers[2]!.cut(false)
  await pass(1_800_000)
  expect(reached()).toEqual([2])
  expect(await close()).toBe(0)
})
