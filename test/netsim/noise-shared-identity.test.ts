import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/conformance/kit/virtual-clock.js'
import { RETURN_INTERVAL } from '../../src/core/connector/pace/failback-backoff.js'
import { pair } from '../support/ciphers/tunnels.js'
import { Carrier } from '../support/netsim/carrier.js'
import { pass } from '../support/netsim/pass.js'
import { Side } from '../support/netsim/side.js'

/** Milliseconds between packets. */
const TALK_INTERVAL = 10
/** Milliseconds from when a better endpoint answers again until traffic is there: its turn, and three answers. */
const MOST_TO_RETURN = 3 * RETURN_INTERVAL + 1_000

/** A client, and two servers with one key at an endpoint each. Packets have numbers. */
function lab(schemes: readonly [string, string]) {
  const { clientId, serverId, newClientCipher, newServerCipher } = pair('wireguard')
  const clock = new VirtualClock()
  const carriers = {
    udp: new Carrier(clock, false),
    udp2: new Carrier(clock, false),
    tcp: new Carrier(clock, true),
    ws: new Carrier(clock, true),
  }
  const endpoints = schemes.map((scheme) => `${scheme}://server`)
  const server = async (endpoint: string) => {
    const made = new Side({ clock, carriers, sealed: { cipher: newServerCipher(), far: clientId } })
    made.echo()
    await made.listen(endpoint)
    return made
  }
  const client = new Side({
    ...{ clock, carriers, endpoints, sharedIdentity: true },
    sealed: { cipher: newClientCipher(), far: serverId },
  })
  let sent = 0
  const arrived = new Set<number>()
  client.tun.host = (packets) => {
    for (const { bytes } of packets) arrived.add(new DataView(bytes.buffer, bytes.byteOffset).getUint32(20))
  }
  return {
    clock,
    carriers,
    client,
    endpoints,
    server,
    /** Talks for a while, then waits for the last answers; returns the numbers of packets that had none. */
    async talk(milliseconds: number) {
      const first = sent
      for (const end = clock.now() + milliseconds; clock.now() < end; sent++) {
        const packet = new Uint8Array(40)
        packet.set([0x45, 0, 0, packet.length])
        new DataView(packet.buffer).setUint32(20, sent)
        client.tun.inject(packet)
        await pass(clock, TALK_INTERVAL)
      }
      await pass(clock, 100)
      return Array.from({ length: sent - first }, (_, number) => first + number).filter(
        (number) => !arrived.has(number),
      )
    },
    where: () => client.log.findLast((line) => line.startsWith('peer is reached')),
  }
}

describe.each([
  ['udp', 'udp2'],
  ['tcp', 'udp'],
  ['udp', 'tcp'],
  ['tcp', 'ws'],
] as const)('two servers with one key, at %s and at %s', (first, second) => {
  it('stand for each other, and the better one is returned to without a packet lost', async () => {
    const { client, clock, endpoints, server, talk, where } = lab([first, second])
    const worse = await server(endpoints[1]!)
    let better = await server(endpoints[0]!)
    const started = client.connector!.start()
    await pass(clock, 500)
    expect(await talk(1_000)).toEqual([])
    await better.stop()
    const lost = await talk(8_000)
    expect(lost.length * TALK_INTERVAL).toBeLessThanOrEqual(3_500)
    expect(where()).toMatch(`endpoint=${endpoints[1]}`)
    expect(await talk(12_000)).toEqual([])

    better = await server(endpoints[0]!)
    expect(await talk(MOST_TO_RETURN)).toEqual([])
    expect(where()).toMatch(`endpoint=${endpoints[0]}`)
    // The one that was left knows, and has nothing more to say.
    expect(worse.peer.presence.isHere).toBe(false)
    const { sent } = worse.carried
    worse.tun.inject(Uint8Array.of(0x45, 0, 0, 20, ...new Uint8Array(16)))
    await pass(clock, 20_000)
    expect(worse.carried.sent).toBe(sent)
    expect(await talk(1_000)).toEqual([])

    // And back, as often as it takes.
    await better.stop()
    await talk(5_000)
    expect(where()).toMatch(`endpoint=${endpoints[1]}`)
    expect(await talk(10_000)).toEqual([])
    await Promise.all([client.stop(), worse.stop(), started])
    await pass(clock, 100)
    expect(clock.pending).toBe(0)
  })
})

it('is not returned to as long as it answers now and then', async () => {
  const { carriers, client, clock, endpoints, server, talk, where } = lab(['udp', 'udp2'])
  const servers = [await server(endpoints[1]!)]
  const started = client.connector!.start()
  await pass(clock, 10_000)
  expect(where()).toMatch(`endpoint=${endpoints[1]}`)
  servers.push(await server(endpoints[0]!))
  for (let turn = 0; turn < 6; turn++) {
    expect(await talk(2 * RETURN_INTERVAL)).toEqual([])
    carriers.udp.cut()
    expect(await talk(RETURN_INTERVAL)).toEqual([])
    carriers.udp.cut(false)
  }
  expect(where()).toMatch(`endpoint=${endpoints[1]}`)
  await Promise.all([client.stop(), ...servers.map((one) => one.stop()), started])
})
