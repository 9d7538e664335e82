import { describe, expect, it } from 'vitest'
import { memoryDevice } from '../../../src/index.js'
import { make, once, pair, withoutDriver } from './pair.js'

describe('reached', () => {
  it('waits from before the start until a peer is reached, and returns at once from then on', async () => {
    const { server, client } = pair()
    const [near, far] = [await make(server), await make(client)]
    const waiting = near.reached('client')
    await near.start()
    await far.start()
    const event = await waiting
    expect(event).toMatchObject({
      name: 'client',
      id: server.peers[0]!.publicKey,
      remote: expect.any(String),
    })
    expect(await near.reached('client')).toEqual(event)
    expect(await near.reached(server.peers[0]!.publicKey!)).toEqual(event)
  })

  it('rejects for a peer that is not configured, or no longer', async () => {
    const tunnel = await make(pair().server)
    await expect(tunnel.reached('nobody')).rejects.toThrow(
      "Cannot find the peer 'nobody': none is configured",
    )
    await tunnel.start()
    const waiting = tunnel.reached('client')
    await Promise.all([
      expect(waiting).rejects.toThrow("Cannot find the peer 'client': none is configured"),
      tunnel.peers.remove('client'),
    ])
  })

  it('rejects when the tunnel is closed, and afterwards', async () => {
    const tunnel = await make(pair().server)
    await tunnel.start()
    const error = {
      code: 'ERR_NOT_RUNNING',
      message: "Cannot wait for the peer 'client': the tunnel is closed",
    }
    await Promise.all([expect(tunnel.reached('client')).rejects.toMatchObject(error), tunnel.close()])
    await expect(tunnel.reached('client')).rejects.toMatchObject(error)
  })

  it('rejects with the error that kept the tunnel from starting', async () => {
    const device = memoryDevice({ receive: () => {} })
    await (await make(withoutDriver(pair().server), { device })).start()
    const second = await make(withoutDriver(pair().server), { device })
    const waiting = second.reached('client')
    const error = { code: 'ERR_TUN_NAME' }
    await Promise.all([
      expect(waiting).rejects.toMatchObject(error),
      expect(second.start()).rejects.toMatchObject(error),
    ])
    await expect(second.reached('client')).rejects.toMatchObject(error)
  })

  it('gives up when its signal says so, and leaves nothing there', async () => {
    const tunnel = await make(pair().server)
    await tunnel.start()
    const given = new AbortController()
    const reason = new Error('long enough')
    const waiting = tunnel.reached('client', { signal: given.signal })
    given.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await expect(tunnel.reached('client', { signal: given.signal })).rejects.toBe(reason)
  })

  it('may be asked by many at once', async () => {
    const { server, client } = pair()
    const [near, far] = [await make(server), await make(client)]
    await near.start()
    const waiting = Array.from({ length: 20 }, () => near.reached('client'))
    await Promise.all([once(near, 'reached'), far.start()])
    expect(new Set((await Promise.all(waiting)).map(({ name }) => name))).toEqual(new Set(['client']))
    expect(near.listenerCount('reached')).toBe(0)
  })
})
