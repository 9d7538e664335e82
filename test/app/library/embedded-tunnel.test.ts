import { describe, expect, it } from 'vitest'
import {
  type Configuration,
  createTunnel,
  type EmbeddedTunnel,
  generatePrivateKey,
  publicKeyOf,
  type TunnelOptions,
} from '../../../src/index.js'
import { native } from '../../../src/native/base/native.js'
import { afterTest } from '../../support/after-test.js'

let names = 0

/** The configurations of a server at 10.0.0.1 and its client. */
function pair(): { readonly server: Configuration; readonly client: Configuration } {
  const [serverKey, clientKey] = [generatePrivateKey(), generatePrivateKey()]
  const endpoint = `memory://embedded-${names++}`
  return {
    server: {
      interface: { privateKey: serverKey, address: ['10.0.0.1/24'], listen: [endpoint], tunDriver: 'memory' },
      peers: [{ name: 'client', publicKey: publicKeyOf(clientKey), allowedIps: ['10.0.0.2/32'] }],
    },
    client: {
      interface: { privateKey: clientKey, address: ['10.0.0.2/32'], tunDriver: 'memory' },
      peers: [
        {
          name: 'server',
          publicKey: publicKeyOf(serverKey),
          allowedIps: ['10.0.0.0/24'],
          endpoints: [endpoint],
          keepalive: 25,
        },
      ],
    },
  }
}

/** Notes each event of a tunnel with what is told. */
function noting(tunnel: EmbeddedTunnel): string[] {
  const noted: string[] = []
  tunnel.on('up', ({ device }) => noted.push(`up ${device.replace(/\d+/, 'N')}`))
  for (const change of ['reached', 'moved', 'lost'] as const) {
    tunnel.on(change, ({ name, why }) => noted.push(`${name} ${change}, ${why}`))
  }
  tunnel.on('reloaded', () => noted.push('reloaded'))
  tunnel.on('closed', (error) => noted.push(`closed ${error?.message ?? 'as asked'}`))
  return noted
}

const once = (tunnel: EmbeddedTunnel, event: 'reached' | 'closed') =>
  new Promise((resolve) => tunnel.once(event, resolve))

describe('createTunnel', () => {
  async function make(config: Configuration, options?: TunnelOptions): Promise<EmbeddedTunnel> {
    const tunnel = await createTunnel(config, options)
    afterTest(() => tunnel.close())
    return tunnel
  }

  it('tells what happens, in order, and the figures of status', async () => {
    const { server, client } = pair()
    const [near, far] = [await make(server), await make(client)]
    const [nearNoted, farNoted] = [noting(near), noting(far)]
    await near.start()
    await Promise.all([once(near, 'reached'), once(far, 'reached'), far.start()])
    expect(near.status().peers).toMatchObject([{ name: 'client', remote: expect.any(String) }])
    expect(far.status().peers).toMatchObject([{ name: 'server', why: 'it comes first' }])
    await far.reload({ ...client, peers: [{ ...client.peers[0]!, endpoints: ['memory://nowhere'] }] })
    await Promise.all([once(near, 'closed'), once(far, 'closed'), near.close(), far.close()])
    expect(nearNoted).toEqual(['up memoryN', 'client reached, the peer sends from there', 'closed as asked'])
    expect(farNoted).toEqual([
      'up memoryN',
      'server reached, it comes first',
      'server lost, its endpoints changed',
      'reloaded',
      'closed as asked',
    ])
  })

  it('leaves the user of the process to the program', async () => {
    const { server } = pair()
    const asNobody = { ...server, interface: { ...server.interface, user: 'nobody' } }
    await expect(createTunnel(asNobody)).rejects.toThrow(
      "Cannot switch to user 'nobody': the process belongs to",
    )
  })

  it('leaves the CPU of the main thread to the kernel unless it is told to stay on it', async () => {
    const { watchers } = native()
    const { woke } = watchers
    const { server } = pair()
    await (await make(server)).start()
    expect(watchers.woke).toBe(woke)
    await (await make(pair().server, { stayOnCpu: true })).start()
    expect(watchers.woke).not.toBe(woke)
  })

  it('tells all that is wrong with a configuration, by its own names, and shows no key', async () => {
    const wrong = {
      interface: { privatKey: 'abc', address: ['10.0.0.1/33'], mtu: 100 },
      peers: [{ publicKey: 'x', allowedIps: ['10.0.0.2/32'] }, { publikKey: 'y' }],
      sever: {},
    } as unknown as Configuration
    const { message } = await createTunnel(wrong).then(
      () => expect.unreachable(),
      (thrown: Error) => thrown,
    )
    const lines = message.split('\n').map((line) => line.replace('Cannot use the configuration: ', ''))
    expect(lines).toEqual([
      "unknown key 'privatKey' in 'interface'; did you mean 'privateKey'?",
      "unknown key 'sever' at the top; did you mean 'server'?",
      "unknown key 'publikKey' in 'peers'; did you mean 'publicKey'?",
      expect.stringMatching(/^'interface.address\[0\]' is '10.0.0.1\/33'; allowed: /),
      "'interface.mtu' is 100; allowed: a whole number within 576 to 65000",
      expect.stringMatching(/^'peers\[0\].publicKey' is a text of 1 characters; allowed: /),
    ])
  })

  it('refuses what cannot change, and goes on as before', async () => {
    const { server } = pair()
    const tunnel = await make(server)
    await expect(tunnel.reload(server)).rejects.toThrow('Cannot do that: the tunnel is not running')
    expect(() => tunnel.status()).toThrow('Cannot do that: the tunnel is not running')
    await tunnel.start()
    const other = { ...server, interface: { ...server.interface, mtu: 1300 } }
    await expect(tunnel.reload(other)).rejects.toThrow(/^Cannot change the tunnel while it runs: the MTU /)
    expect(tunnel.status().peers).toHaveLength(1)
  })

  it('lets a listener use the tunnel, even close it', async () => {
    const { server, client } = pair()
    const [near, far] = [await make(server), await make(client)]
    near.on('reached', () => void near.close())
    await near.start()
    const closed = once(near, 'closed')
    await far.start()
    expect(await closed).toBeUndefined()
  })

  it('may be closed while it starts, and before', async () => {
    const { client } = pair()
    const tunnel = await make(client)
    const start = tunnel.start()
    await tunnel.close()
    await expect(start).rejects.toThrow('aborted')
    const never = await make(client)
    await never.close()
    await expect(never.start()).rejects.toThrow('aborted')
  })
})
