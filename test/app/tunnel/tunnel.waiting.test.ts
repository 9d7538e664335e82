import { expect, it } from 'vitest'
import { generatePrivateKey, publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import type { PeerConfig } from '../../../src/core/api/config.js'
import { afterTest } from '../../support/after-test.js'
import { MemoryNet, packet, prefixes } from '../../support/memory-net.js'

/** A peer at an endpoint that no transport serves. */
function undialable(): PeerConfig {
  return {
    id: publicKeyOf(generatePrivateKey()),
    allowed: prefixes('10.1.0.0/24'),
    endpoints: [new URL('other://host')],
  }
}

/** A hub, and the configuration of a client of it. */
async function hubAndClient() {
  const net = await MemoryNet.make()
  afterTest(() => Promise.all(net.tunnels.map((tunnel) => tunnel.close())))
  const { peer, config } = net.client(2)
  return { net, config, hub: await net.start(net.hub(peer)) }
}

it('reaches a peer while another one can never be dialled, and says of that one why', async () => {
  const { net, config, hub } = await hubAndClient()
  const tunnel = await net.start({ ...config, peers: [undialable(), ...config.peers] })
  expect(await net.reaches(tunnel, hub, packet(2, 1, 0))).toBe(true)
  expect(tunnel.status().peers[0]).toMatchObject({
    remote: null,
    why: expect.stringMatching(/^Cannot choose transport 'other': known are /),
  })
})

it('takes other changes while a peer is given up, but none that asks for the same', async () => {
  const { net, config, hub } = await hubAndClient()
  const peers = [undialable(), ...config.peers]
  const tunnel = await net.start({ ...config, peers })
  const waits: PeerConfig = { ...undialable(), allowed: prefixes('10.2.0.0/24'), endpoints: [] }
  await tunnel.reload({ ...config, peers: [...peers, waits] })
  expect(tunnel.status().peers).toHaveLength(3)
  const another = { ...undialable(), allowed: prefixes('10.3.0.0/24') }
  await expect(tunnel.reload({ ...config, peers: [...peers, waits, another] })).rejects.toMatchObject({
    code: 'ERR_PLUGIN_UNKNOWN',
  })
  expect(await net.reaches(tunnel, hub, packet(2, 1, 0))).toBe(true)
})

it('starts for peers that call, though it can dial none', async () => {
  const { net, config } = await hubAndClient()
  const listens = { ...config, peers: [undialable(), { ...config.peers[0]!, endpoints: [] }] }
  expect((await net.start(listens)).status().peers).toHaveLength(2)
})
