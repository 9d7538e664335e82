import { expect, it } from 'vitest'
import { VirtualClock } from '../../src/conformance/kit/virtual-clock.js'
import type { Family } from '../../src/transports/udp/udp-port.js'
import { DualStack } from '../support/netsim/dual-stack.js'
import { pass } from '../support/netsim/pass.js'
import { Side } from '../support/netsim/side.js'

const PACKET = Uint8Array.of(0x45, 0, 0, 20, ...new Uint8Array(16))
/** Milliseconds between the packets of `ping -i 1`. */
const PING_INTERVAL = 1_000

/** A client that calls a host of both families, and pings it each second from `offset` milliseconds on. */
function pinging(offset: number, ...cut: Family[]) {
  const clock = new VirtualClock()
  const wire = new DualStack(clock)
  for (const family of cut) wire.cut.add(family)
  const parts = { clock, carriers: { udp: wire } }
  const client = new Side({ ...parts, endpoints: ['udp://host'] })
  const server = new Side(parts)
  server.echo()
  const answers: number[] = []
  client.tun.host = () => answers.push(clock.now())
  const ping = () => {
    client.tun.inject(PACKET)
    clock.schedule(PING_INTERVAL, ping)
  }
  return {
    ...{ clock, wire, client, server, answers },
    async start() {
      await server.listen('udp://host')
      void client.connector!.start()
      clock.schedule(offset, ping)
    },
  }
}

it.each([
  [6, 1],
  [6, 500],
  [6, 999],
  [4, 500],
] as const)(
  'reaches a host within 3 s if IPv%i to it is dropped in silence, pinging from %i ms on',
  async (cut, offset) => {
    const { clock, start, answers, client } = pinging(offset, cut)
    await start()
    await pass(clock, 3_000)
    expect(answers.length).toBeGreaterThan(0)
    expect(client.log.at(-1)).toMatch('peer is reached')
  },
)

it.each([500, 999])('moves to IPv4 within 10 s if IPv6 dies amid pings at %i ms', async (offset) => {
  const { clock, start, wire, answers } = pinging(offset)
  await start()
  await pass(clock, 10_000)
  wire.cut.add(6)
  const before = answers.length
  await pass(clock, 10_000)
  expect(answers.length).toBeGreaterThan(before)
})

it('reaches a server that lost its session by the other family, though pings go on', async () => {
  const { clock, start, wire, server, answers } = pinging(500)
  await start()
  await pass(clock, 10_000)
  server.cipher.restart()
  wire.cut.add(6)
  const before = answers.length
  await pass(clock, 12_000)
  expect(answers.length).toBeGreaterThan(before)
})

it('begins with the family that worked last once the carrier is lost', async () => {
  const { clock, start, wire, client } = pinging(500, 6)
  await start()
  await pass(clock, 10_000)
  wire.cut.add(4)
  while (!client.log.at(-1)!.startsWith('link lost')) {
    wire.sent.length = 0
    await pass(clock, 1)
  }
  expect(wire.sent).toContain(4)
  expect(wire.sent).not.toContain(6)
})
