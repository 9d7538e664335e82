import { describe, expect, it } from 'vitest'
import { pair } from '../../support/netsim/pair.js'

/** Milliseconds. */
const AGE = 30_000
const PING_INTERVAL = 10
/** Milliseconds until what was sent is back. */
const ROUND = 50

/** A client whose links are cut at an age, and what came back of numbered packets. */
async function cutAt(age: number | undefined, endpoints = ['tcp://server']) {
  const lab = pair(endpoints)
  const { carriers, client, clock, pass } = lab
  const all = [carriers.tcp, carriers.ws]
  for (const carrier of all) carrier.cutsAt = age
  const back = new Map<number, number>()
  client.tun.host = (packets) => {
    for (const { bytes } of packets) {
      const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(20)
      back.set(number, (back.get(number) ?? 0) + 1)
    }
  }
  await lab.connected()
  let sent = 0
  return {
    ...lab,
    cuts: () => all.reduce((sum, { cuts }) => sum + cuts, 0),
    /** Pings until a time is over, or links were cut so often; how many were not answered, or more than once. */
    async ping({ milliseconds = Number.POSITIVE_INFINITY, cuts = Number.POSITIVE_INFINITY }) {
      const [end, first] = [clock.now() + milliseconds, sent]
      const until = all.reduce((sum, one) => sum + one.cuts, cuts)
      while (clock.now() < end && all.reduce((sum, one) => sum + one.cuts, 0) < until) {
        const packet = new Uint8Array(40)
        packet[0] = 0x45
        packet[3] = packet.length
        new DataView(packet.buffer).setUint32(20, sent++)
        client.tun.inject(packet)
        await pass(PING_INTERVAL)
      }
      await pass(ROUND)
      const answers = Array.from({ length: sent - first }, (_, number) => back.get(first + number) ?? 0)
      return {
        sent: answers.length,
        lost: answers.filter((count) => count === 0).length,
        twice: answers.filter((count) => count > 1).length,
      }
    },
  }
}

describe('Connector on links that are cut at an age', () => {
  it.each(['tcp', 'ws'])(
    'loses nothing over ten cuts of %s once it learned the age from two, nor has twice',
    async (scheme) => {
      const { ping, cuts, client, carriers } = await cutAt(AGE, [`${scheme}://server`])
      const learning = await ping({ cuts: 2 })
      expect(learning.lost).toBeLessThanOrEqual(20)
      const { lost, sent, twice } = await ping({ cuts: 10 })
      expect([lost, twice, cuts()]).toEqual([0, 0, 12])
      expect(sent).toBeGreaterThan(25_000)
      expect(client.cipher.handshakes).toBe(1)
      expect(carriers.tcp.dials + carriers.ws.dials).toBe(13)
      expect(client.connector!.cutAfter).toBe(AGE)
      expect(client.log.filter((line) => line.startsWith('link lost'))).toHaveLength(2)
    },
    30_000,
  )

  it('opens the next one two seconds before, and keeps both until the cut', async () => {
    const { pass, carriers } = await cutAt(AGE)
    await pass(2 * AGE + 200)
    expect(carriers.tcp.dials).toBe(3)
    await pass(AGE - 2_000 - 300)
    expect([carriers.tcp.dials, carriers.tcp.open.size]).toEqual([3, 1])
    await pass(300)
    expect([carriers.tcp.dials, carriers.tcp.open.size]).toEqual([4, 2])
    await pass(2_000)
    expect(carriers.tcp.open.size).toBe(1)
  })

  it('has the server follow, which sends by the new one from then on', async () => {
    const { pass, ping, server, cuts } = await cutAt(AGE)
    await pass(3 * AGE - 1_000)
    const before = server.peer.link
    expect(before).toBeDefined()
    await pass(2_000)
    expect([server.peer.link, cuts()]).toEqual([before, 3])
    expect(await ping({ milliseconds: 500 })).toMatchObject({ lost: 0 })
  })

  it('learns nothing with a cipher by which nothing proves the next one', async () => {
    const { carriers, client, connected, pass } = pair(['tcp://server'], { sessions: false })
    carriers.tcp.cutsAt = AGE
    await connected()
    await pass(4 * AGE + 1_000)
    expect([carriers.tcp.cuts, client.connector!.cutAfter]).toEqual([4, undefined])
  })

  it('learns nothing from cuts at other ages', async () => {
    const lab = await cutAt(AGE)
    await lab.pass(AGE - 1_000)
    lab.carriers.tcp.cutsAt = 20_000
    await lab.pass(1_000 + 20_000 + 1_000)
    expect([lab.cuts(), lab.client.connector!.cutAfter]).toEqual([2, undefined])
  })

  it('learns an age of ten per cent more or less, and takes the shorter one', async () => {
    const lab = await cutAt(AGE)
    await lab.pass(AGE - 1_000)
    lab.carriers.tcp.cutsAt = 28_000
    await lab.pass(1_000 + 28_000 + 1_000)
    expect([lab.cuts(), lab.client.connector!.cutAfter]).toEqual([2, 28_000])
  })

  it('forgets the age once a link outlives it, and renews no more', async () => {
    const { pass, carriers, client } = await cutAt(AGE)
    await pass(2 * AGE + 1_000)
    expect(client.connector!.cutAfter).toBe(AGE)
    carriers.tcp.cutsAt = undefined
    await pass(AGE) // the last that is cut
    expect(carriers.tcp.dials).toBe(4)
    await pass(2 * AGE)
    const { dials } = carriers.tcp
    expect([client.connector!.cutAfter, carriers.tcp.open.size]).toEqual([undefined, 1])
    await pass(10 * AGE)
    expect(carriers.tcp.dials).toBe(dials)
    expect(client.log.at(-1)).toBe('links are no longer cut at an age endpoint=tcp://server')
  })

  it('goes on by the one in use if no other one can be had, and searches when that is cut', async () => {
    const { pass, carriers, client } = await cutAt(AGE)
    await pass(2 * AGE + 1_000)
    carriers.tcp.fault = 'refused'
    await pass(AGE - 2_000)
    expect(client.remote).toBe('memory://server')
    carriers.tcp.fault = undefined
    await pass(3_000)
    expect([client.remote, carriers.tcp.open.size]).toEqual(['memory://server', 1])
  })

  it('forgets the age, and dials no more, once the one in use outlives it since no other one can be had', async () => {
    const { pass, carriers, client } = await cutAt(AGE)
    await pass(AGE + 1_000)
    carriers.tcp.cutsAt = undefined
    await pass(AGE)
    expect([client.connector!.cutAfter, carriers.tcp.dials]).toEqual([AGE, 3])
    carriers.tcp.fault = 'refused'
    await pass(2 * AGE)
    const { dials } = carriers.tcp
    await pass(10 * AGE)
    expect([client.connector!.cutAfter, carriers.tcp.dials]).toEqual([undefined, dials])
    const told = client.log.filter((line) => line.startsWith('links are no longer cut at an age'))
    expect([told.length, client.remote]).toEqual([1, 'memory://server'])
  })

  it('returns to a better endpoint though it stays away from it for longer than links get old', async () => {
    const { pass, carriers, client, connected } = pair(['udp://server', 'tcp://server'])
    carriers.tcp.cutsAt = AGE
    await connected()
    const used = () => client.connector!.endpoint?.protocol
    for (let loss = 0; loss < 4; loss++) {
      carriers.udp.cut()
      await pass(2 * AGE + 10_000)
      expect(used()).toBe('tcp:')
      carriers.udp.cut(false)
      for (let seconds = 0; seconds < 120 && used() === 'tcp:'; seconds++) await pass(1_000)
      expect(used()).toBe('udp:')
      await pass(5_000) // a loss so soon after has it stay away for longer
    }
  })

  it('tries no better endpoint beside a renewal: there is one attempt at a time', async () => {
    const { carriers, client, clock, connected, pass } = pair(['ws://server', 'tcp://server'])
    carriers.tcp.cutsAt = AGE
    carriers.ws.fault = 'refused'
    await connected()
    carriers.ws.fault = 'hangs'
    await pass(2 * AGE + 1_000)
    expect(client.connector!.cutAfter).toBe(AGE)
    const { dials } = carriers.tcp
    const tried = carriers.ws.dials
    let most = 0
    for (const end = clock.now() + 3 * AGE; clock.now() < end; await pass(10))
      most = Math.max(most, client.peer.attempts.length)
    expect([most, carriers.tcp.dials - dials, carriers.ws.dials > tried]).toEqual([1, 3, true])
  })

  it('tells that the peer is reached again if the link before was cut amid its renewal', async () => {
    const { pass, carriers, client } = await cutAt(AGE)
    await pass(AGE + 1_000 + AGE - 2_000)
    carriers.tcp.cutsAt = AGE - 1_990
    await pass(1_000 + AGE)
    const ends = client.log.slice(-2).map((line) => line.replace(/ .*why=/, ' … why='))
    expect(ends).toEqual(['link … why=cut', 'peer … why=it answers again'])
  })

  it.each([27_000, 28_050, 29_000, 30_500])(
    'leaves nothing behind when it is stopped after %d ms',
    async (milliseconds) => {
      const { client, server, pass, left } = await cutAt(AGE)
      await pass(2 * AGE + milliseconds)
      await client.stop()
      await server.stop()
      await pass(100) // not until the cut, which would hide what is left
      expect(left()).toEqual({ timers: 0, links: 0 })
    },
  )
})
