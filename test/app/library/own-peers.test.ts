import { expect, it } from 'vitest'
import { generatePrivateKey, type PeerEvent, publicKeyOf } from '../../../src/index.js'
import { make, once, pair } from './pair.js'

const phone = () => ({
  name: 'phone',
  publicKey: publicKeyOf(generatePrivateKey()),
  allowedIps: ['10.0.0.3/32'],
})

it('adds, changes and removes peers of a tunnel that runs, and the others notice nothing', async () => {
  const { server, client } = pair()
  const [near, far] = [await make(server), await make(client)]
  await near.start()
  await Promise.all([once(near, 'reached'), far.start()])
  const noticed: PeerEvent[] = []
  for (const event of ['reached', 'moved', 'lost'] as const) near.on(event, (peer) => noticed.push(peer))
  await near.peers.add(phone())
  expect(near.status().peers).toMatchObject([{ name: 'client' }, { name: 'phone', allowed: ['10.0.0.3/32'] }])
  await near.peers.change('phone', { name: 'tablet', allowedIps: undefined })
  expect(near.status().peers).toMatchObject([{ name: 'client' }, { name: 'tablet', allowed: [] }])
  await near.peers.remove('tablet')
  expect(near.status().peers).toMatchObject([{ name: 'client', remote: expect.any(String) }])
  expect(noticed).toEqual([])
})

it('finds a peer by its public key, too', async () => {
  const { server } = pair()
  const tunnel = await make(server)
  await tunnel.start()
  await tunnel.peers.remove(server.peers[0]!.publicKey!)
  expect(tunnel.status().peers).toEqual([])
})

it('tells of a peer that is removed that it is lost', async () => {
  const { server, client } = pair()
  const [near, far] = [await make(server), await make(client)]
  await near.start()
  await Promise.all([once(near, 'reached'), far.start()])
  const lost = once(near, 'lost')
  await near.peers.remove('client')
  expect(await lost).toMatchObject({ name: 'client', why: 'it is no longer configured' })
})

it('takes changes that are asked for at once in their order', async () => {
  const tunnel = await make(pair().server)
  await tunnel.start()
  const added = phone()
  await Promise.all([
    tunnel.peers.add(added),
    tunnel.peers.change('phone', { name: 'tablet' }),
    tunnel.peers.add({ ...phone(), allowedIps: ['10.0.0.4/32'] }),
  ])
  expect(tunnel.status().peers.map(({ name }) => name)).toEqual(['client', 'tablet', 'phone'])
})

it('has a reload take peers away that its configuration has not, and change them back', async () => {
  const { server } = pair()
  const tunnel = await make(server)
  await tunnel.start()
  await tunnel.peers.add(phone())
  await tunnel.peers.change('client', { allowedIps: ['10.0.0.9/32'] })
  await tunnel.reload(server)
  expect(tunnel.status().peers).toMatchObject([{ name: 'client', allowed: ['10.0.0.2/32'] }])
  await tunnel.peers.add(phone())
  expect(tunnel.status().peers).toMatchObject([{ allowed: ['10.0.0.2/32'] }, { name: 'phone' }])
})

it('changes what a tunnel starts with, before it starts and while it does', async () => {
  const tunnel = await make(pair().server)
  await tunnel.peers.add(phone())
  const start = tunnel.start()
  await tunnel.peers.change('phone', { allowedIps: ['10.0.0.5/32'] })
  await start
  expect(tunnel.status().peers).toMatchObject([{ name: 'client' }, { allowed: ['10.0.0.5/32'] }])
})

it('waits for nothing that waits for it: a start in the same breath as a change', async () => {
  const tunnel = await make(pair().server)
  await Promise.all([tunnel.peers.add(phone()), tunnel.start()])
  expect(tunnel.status().peers).toHaveLength(2)
})

it.each<[what: string, error: string, change: (tunnel: Awaited<ReturnType<typeof make>>) => Promise<void>]>([
  [
    'a name that is there',
    "'peers[1].name' is 'client', as that of peer 1 is",
    (tunnel) => tunnel.peers.add({ ...phone(), name: 'client' }),
  ],
  [
    'a peer that is not there',
    "Cannot find the peer 'nobody'",
    (tunnel) => tunnel.peers.change('nobody', {}),
  ],
  [
    'what no peer has',
    "'peers[0].keepalive' is -1",
    (tunnel) => tunnel.peers.change('client', { keepalive: -1 }),
  ],
  [
    'a key that nobody has, without showing it',
    'Cannot find the peer of that public key',
    (tunnel) => tunnel.peers.remove(generatePrivateKey()),
  ],
])('refuses %s, and all is as before', async (_what, error, change) => {
  const { server } = pair()
  const tunnel = await make(server)
  await tunnel.start()
  const before = tunnel.status().peers
  await expect(change(tunnel)).rejects.toThrow(error)
  expect(tunnel.status().peers).toEqual(before)
  await tunnel.peers.add(phone()) // what was refused is in the way of nothing
  expect(tunnel.status().peers).toHaveLength(2)
})

it('refuses changes once the tunnel is closed', async () => {
  const tunnel = await make(pair().server)
  await tunnel.start()
  await tunnel.close()
  await expect(tunnel.peers.add(phone())).rejects.toThrow('Cannot do that: the tunnel is not running')
})
