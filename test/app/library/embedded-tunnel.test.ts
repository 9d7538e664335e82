import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { type Configuration, createTunnel, type EmbeddedTunnel } from '../../../src/index.js'
import { native } from '../../../src/native/base/native.js'
import { make, once, pair } from './pair.js'

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

describe('createTunnel', () => {
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

  it('may be closed while it starts', async () => {
    const tunnel = await make(pair().client)
    const start = tunnel.start()
    await tunnel.close()
    await expect(start).rejects.toThrow('aborted')
  })

  it('starts once: neither after it was closed, run or not, nor after it ended', async () => {
    const closed = 'Cannot start the tunnel: it was closed; create another one'
    const never = await make(pair().client)
    await never.close()
    await expect(never.start()).rejects.toMatchObject({ code: 'ERR_NOT_RUNNING', message: closed })
    const once = await make(pair().server)
    await once.start()
    await once.start()
    await once.close()
    await expect(once.start()).rejects.toThrow(closed)
  })

  it('is closed by the signal that it was given, while it starts, runs or neither', async () => {
    const reason = new Error('the program goes')
    const [starting, running, idle] = [new AbortController(), new AbortController(), new AbortController()]
    const starts = await make(pair().client, { signal: starting.signal })
    const start = starts.start()
    starting.abort(reason)
    await expect(start).rejects.toBe(reason)
    const runs = await make(pair().server, { signal: running.signal })
    await runs.start()
    const closed = once(runs, 'closed')
    running.abort(reason)
    expect(await closed).toBeUndefined()
    await expect(runs.start()).rejects.toBe(reason)
    const waits = await make(pair().server, { signal: idle.signal })
    idle.abort(reason)
    await expect(waits.start()).rejects.toBe(reason)
  })

  it('leaves nothing at the signal once it is over', async () => {
    const { signal } = new AbortController()
    const tunnel = await make(pair().server, { signal })
    await tunnel.start()
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    await tunnel.close()
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it('is closed at the end of a block that uses it', async () => {
    const tunnel = await make(pair().server)
    await tunnel.start()
    const closed = once(tunnel, 'closed')
    await tunnel[Symbol.asyncDispose]()
    expect(await closed).toBeUndefined()
    expect(() => tunnel.status()).toThrow('the tunnel is not running')
  })

  it('keeps the configuration that it was given, whatever becomes of the object', async () => {
    const { server } = pair()
    const given = structuredClone(server) as { peers: unknown[] } & Configuration
    const tunnel = await make(given)
    await tunnel.start()
    given.peers.length = 0
    await tunnel.peers.change('client', { keepalive: 25 })
    expect(tunnel.status().peers).toMatchObject([{ name: 'client' }])
  })
})
