import { once } from 'node:events'
import net from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { alternating, connectAny } from '../../../src/transports/dialing/connect.js'
import { plainEgress } from '../../../src/transports/dialing/plain-egress.js'
import type { Resolved } from '../../../src/transports/net/resolve.js'
import { turns } from '../../support/eventually.js'

const { connectTo } = plainEgress
const NEVER = new AbortController().signal
const LOOPBACK: Resolved = { address: '127.0.0.1', family: 4 }
/** RFC 5737: nobody has it. What is sent there is lost, or refused at once where there is no egress. */
const NOBODY: Resolved = { address: '192.0.2.1', family: 4 }
/** Nobody listens there. */
const REFUSING: Resolved = { address: '127.0.0.2', family: 4 }

describe('alternating', () => {
  it('takes turns between the families, beginning with the preferred one', () => {
    expect(order('6a 6b 6c 4a 4b')).toBe('6a 4a 6b 4b 6c')
    expect(order('4a 6a 6b')).toBe('4a 6a 6b')
    expect(order('4a 4b')).toBe('4a 4b')
  })
})

describe('connectAny', () => {
  let server: net.Server | undefined
  afterEach(() => server?.close())

  it('tries the next address at once where one refuses', async () => {
    const clock = new VirtualClock()
    const socket = await connectAny([REFUSING, LOOPBACK], await listen(), connectTo, clock, NEVER)
    expect(socket.remoteAddress).toBe(LOOPBACK.address)
    expect(clock.pending).toBe(0)
    socket.destroy()
  })

  it('tries the next address beside one that is silent', async () => {
    const clock = new VirtualClock()
    const connecting = connectAny([NOBODY, LOOPBACK], await listen(), connectTo, clock, NEVER)
    clock.advance(250)
    const socket = await connecting
    expect(socket.remoteAddress).toBe(LOOPBACK.address)
    expect(clock.pending).toBe(0)
    socket.destroy()
  })

  it('tells why the first address failed where all do', async () => {
    const port = await listen()
    const connecting = connectAny(
      [REFUSING, { ...REFUSING, address: '127.0.0.3' }],
      port,
      connectTo,
      new VirtualClock(),
      NEVER,
    )
    await expect(connecting).rejects.toMatchObject({ code: 'ECONNREFUSED', address: REFUSING.address })
  })

  it('ends all attempts when it is called off', async () => {
    const clock = new VirtualClock()
    const controller = new AbortController()
    const connecting = connectAny([NOBODY, LOOPBACK], await listen(), connectTo, clock, controller.signal)
    controller.abort()
    await expect(connecting).rejects.toMatchObject({ name: 'AbortError' })
    await turns()
    expect(clock.pending).toBe(0)
  })

  /** Listens on 127.0.0.1 only, and returns the port. */
  async function listen(): Promise<number> {
    server = net.createServer().listen(0, LOOPBACK.address)
    await once(server, 'listening')
    return (server.address() as net.AddressInfo).port
  }
})

function order(names: string): string {
  const addresses = names
    .split(' ')
    .map((name): Resolved => ({ address: name, family: name[0] === '6' ? 6 : 4 }))
  return alternating(addresses)
    .map(({ address }) => address)
    .join(' ')
}
