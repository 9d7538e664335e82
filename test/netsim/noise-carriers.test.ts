import { describe, expect, it } from 'vitest'
import { type Kind, kinds, pair as noisePair } from '../support/ciphers/tunnels.js'
import { pair } from '../support/netsim/pair.js'
import { pass } from '../support/netsim/pass.js'
import { Side } from '../support/netsim/side.js'

/** A client and a server with real ciphers; `start` takes a new server's place, as after a restart. */
function sealedPair(kind: Kind, endpoints?: string[]) {
  const { clientId, serverId, newClientCipher, newServerCipher } = noisePair(kind)
  const lab = pair(endpoints, {
    sealed: { cipher: newClientCipher(), far: serverId },
    serverSealed: { cipher: newServerCipher(), far: clientId },
  })
  const newServer = () => {
    const { clock, carriers } = lab
    const server = new Side({ clock, carriers, sealed: { cipher: newServerCipher(), far: clientId } })
    server.echo()
    return server
  }
  return { ...lab, newServer }
}

describe.each(kinds)('a tunnel sealed by %s over carriers that fail', (kind) => {
  it('falls back within 5 s, twice, and returns, without a gap', async () => {
    const { connected, client, carriers, talk } = sealedPair(kind)
    await connected()
    expect(await talk(2_000)).toBeLessThanOrEqual(200)
    carriers.udp.cut()
    expect(await talk(8_000)).toBeLessThanOrEqual(5_000)
    carriers.tcp.cut()
    expect(await talk(8_000)).toBeLessThanOrEqual(5_000)
    expect(client.log.at(-1)).toMatch('endpoint=ws://server')
    carriers.udp.cut(false)
    expect(await talk(20_000)).toBeLessThanOrEqual(200)
    expect(client.log.at(-1)).toMatch('endpoint=udp://server')
  })

  it.each(['udp', 'tcp', 'ws'])(
    'goes on at once over %s after an hour in which nothing was said',
    async (scheme) => {
      const { connected, client, talk, pass } = sealedPair(kind, [`${scheme}://server`])
      await connected()
      await talk(1_000)
      await pass(3_600_000)
      expect(client.log).toHaveLength(1)
      expect(await talk(1_000)).toBeLessThanOrEqual(200)
    },
  )

  it('renews its keys under way, on whichever carrier it is', async () => {
    const { connected, client, carriers, talk } = sealedPair(kind)
    await connected()
    for (const cut of ['udp', 'tcp'] as const) {
      expect(await talk(130_000)).toBeLessThanOrEqual(200)
      carriers[cut].cut()
      await talk(5_000)
    }
    expect(await talk(130_000)).toBeLessThanOrEqual(200)
    expect(client.log.filter((line) => line.startsWith('peer is reached'))).toHaveLength(3)
  })

  it.each([
    ['udp', 20_000],
    ['tcp', 2_000],
    ['ws', 2_000],
  ] as const)('reaches a restarted server over %s within %d ms', async (scheme, within) => {
    const { connected, newServer, server, talk, clock } = sealedPair(kind, [`${scheme}://server`])
    await connected()
    await talk(3_000)
    await server.stop()
    await pass(clock, 300)
    const next = newServer()
    await next.listen(`${scheme}://server`)
    expect(await talk(20_000)).toBeLessThanOrEqual(within)
  })

  it('leaves nothing behind when it is stopped', async () => {
    const { connected, client, server, talk, pass, left } = sealedPair(kind)
    await connected()
    await talk(1_000)
    await client.stop()
    await server.stop()
    await pass(20)
    expect(left()).toEqual({ timers: 0, links: 0 })
  })
})
