import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { generatePrivateKey, publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import { EVERYTHING, parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'
import { NO_SETTINGS } from '../../../src/core/settings/client-settings.js'
import { gateways } from '../../support/netsim/gateways.js'

describe('what a gateway pushes', () => {
  it('stays in force after a move until the next one pushes, and is no sum of both', async () => {
    const { client, close, kill, talk } = await gateways(2, {
      peer: { accepts: ['mtu'] },
      client: (index) => ({ push: { ...NO_SETTINGS, mtu: 1_300 + 50 * index } }),
    })
    await talk(1_000)
    expect(client.device.options.mtu).toBe(1_300)
    kill(0)
    await talk(6_000)
    expect(client.device.options.mtu).toBe(1_350)
    expect(
      client.lines.filter((line) => line.startsWith('settings')).map((line) => / mtu=(\d+)/.exec(line)?.[1]),
    ).toEqual(['1300', '1350'])
    expect(await close()).toBe(0)
  })
})

describe('a reload', () => {
  it('moves to another member where the active one is no longer configured', async () => {
    const { client, close, members, reached, talk } = await gateways(3)
    await talk(500)
    await Promise.all([client.tunnel.reload({ ...client.config, peers: members.slice(1) }), talk(100)])
    expect(await talk(2_000)).toBeLessThan(200)
    expect(reached()).toEqual([0])
    expect(await close()).toBe(0)
  })

  it('leaves the active one alone where others come and go', async () => {
    const { carriers, client, close, members, talk } = await gateways(3)
    await talk(500)
    const [first, second, third] = members
    for (const peers of [[first!], [first!, third!], [third!, first!, second!]]) {
      await Promise.all([client.tunnel.reload({ ...client.config, peers }), talk(500)])
      expect(await talk(1_000)).toBeLessThan(100)
    }
    expect(carriers.map(({ dials }) => dials)).toEqual([1, 0, 0])
    expect(await close()).toBe(0)
  })

  it('dissolves a group whose members own something by themselves then, and makes it again', async () => {
    const { carriers, client, close, members, reached, talk } = await gateways(2)
    await talk(500)
    const alone = members.map(({ group: _, ...peer }, index) => ({
      ...peer,
      allowed: index === 0 ? EVERYTHING : [parseIpPrefix('10.9.0.0/16')!],
    }))
    await Promise.all([client.tunnel.reload({ ...client.config, peers: alone }), talk(1_000)])
    expect(reached()).toEqual([0, 1])
    expect(await talk(1_000)).toBeLessThan(100)
    await Promise.all([client.tunnel.reload(client.config), talk(1_000)])
    expect(await talk(1_000)).toBeLessThan(100)
    expect([reached(), carriers[1]!.open.size]).toEqual([[0], 0])
    expect(await close()).toBe(0)
  })

  it('has the active one own what the group does where only its other settings changed', async () => {
    const { client, close, members, reached, talk } = await gateways(2)
    await talk(500)
    for (const change of [{ keepalive: 25 }, { name: 'first' }, { accepts: ['mtu'] as const }]) {
      const peers = members.map((peer, index) => (index === 0 ? { ...peer, ...change } : peer))
      await Promise.all([client.tunnel.reload({ ...client.config, peers }), talk(100)])
      expect(await talk(1_000)).toBeLessThan(100)
    }
    expect(reached()).toEqual([0])
    expect(await close()).toBe(0)
  })

  it('has a member that stands by begin no handshake by keys that changed', async () => {
    const { client, close, members, pass, servers, talk } = await gateways(2, { peer: { keepalive: 25 } })
    await talk(500)
    const [first, second] = members
    const peers = [first!, { ...second!, presharedKey: randomBytes(32).toString('base64') }]
    await Promise.all([client.tunnel.reload({ ...client.config, peers }), talk(500)])
    await pass(200_000)
    const privateKey = generatePrivateKey()
    const farEnd = { id: publicKeyOf(privateKey), allowed: EVERYTHING, endpoints: [] }
    await Promise.all([
      ...servers.map(({ config, tunnel }) => tunnel.reload({ ...config, peers: [farEnd] })),
      client.tunnel.reload({ ...client.config, peers, privateKey }),
      talk(500),
    ])
    await pass(200_000)
    expect(client.lines.filter((line) => line.includes('handshake'))).toEqual([])
    expect(await talk(1_000)).toBeLessThan(100)
    expect(await close()).toBe(0)
  })

  it('forgets how endpoints failed that are no longer configured', async () => {
    const { client, close, members, talk } = await gateways(2, { dead: [1] })
    const [first, second] = members
    const peersAt = (...places: string[]) => [
      { ...first!, endpoints: places.map((place) => new URL(`g0://${place}`)) },
      second!,
    ]
    const failed = () => client.tunnel.status().peers[0]!.attempts.map(({ endpoint }) => endpoint)
    const reload = (peers: typeof members) =>
      Promise.all([client.tunnel.reload({ ...client.config, peers }), talk(8_000)])
    await reload(peersAt('nowhere', 'nowhere-either'))
    expect(failed()).toEqual(['g0://nowhere', 'g0://nowhere-either'])
    await reload([peersAt('server')[0]!])
    expect(failed()).toEqual([])
    expect(await close()).toBe(0)
  })

  it('may remove a member that is called to measure its round trip', async () => {
    const { client, close, members, reached, talk } = await gateways(2, { choose: 'nearest', dead: [1] })
    await talk(200)
    const [first] = members
    await Promise.all([client.tunnel.reload({ ...client.config, peers: [first!] }), talk(500)])
    expect([client.tunnel.status().peers.length, reached(), await talk(5_000)]).toEqual([
      1,
      [0],
      expect.any(Number),
    ])
    await Promise.all([client.tunnel.reload(client.config), talk(500)])
    expect([(await talk(5_000)) < 100, reached()]).toEqual([true, [0]])
    expect(await close()).toBe(0)
  })

  it('calls a member at its new endpoints, and others meanwhile', async () => {
    const { client, close, members, reached, talk } = await gateways(2)
    await talk(500)
    const moved = members.map((peer, index) =>
      index === 0 ? { ...peer, endpoints: [new URL('g0://nowhere')] } : peer,
    )
    await Promise.all([client.tunnel.reload({ ...client.config, peers: moved }), talk(1_000)])
    expect([reached(), (await talk(1_000)) < 100]).toEqual([[1], true])
    expect(await close()).toBe(0)
  })

  it('lets a member pass from one group to another, and lets that call it', async () => {
    const { client, close, kill, members, reached, talk } = await gateways(4)
    await talk(500)
    const [first, second, third, fourth] = members
    const home = {
      group: { name: 'home', choose: 'order' as const },
      allowed: [parseIpPrefix('10.9.0.0/16')!],
    }
    for (const peers of [
      [second!, third!, { ...first!, ...home }, { ...fourth!, ...home }],
      [first!, third!, { ...second!, ...home }, { ...fourth!, ...home }],
    ]) {
      await Promise.all([client.tunnel.reload({ ...client.config, peers }), talk(1_000)])
      expect(await talk(1_000)).toBeLessThan(100)
      expect(reached()).toEqual([0, 2])
    }
    kill(0)
    await talk(4_000)
    expect(reached()).toEqual([1, 2])
    expect(await close()).toBe(0)
  })
})
