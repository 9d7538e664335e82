import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { Carrier } from './carrier.js'
import { pass } from './pass.js'
import { Side, type SideOptions } from './side.js'

/** Milliseconds between the packets of a conversation. */
const TALK_INTERVAL = 50

/** How a pair differs from the common one: with real ciphers, `sealed` is the client's. */
export interface PairOptions extends Partial<SideOptions> {
  readonly serverSealed?: SideOptions['sealed']
}

/** A client that calls a server, by carriers that a test may cut. */
export function pair(
  endpoints: readonly string[] = ['udp://server', 'tcp://server', 'ws://server'],
  { serverSealed, ...options }: PairOptions = {},
) {
  const clock = new VirtualClock()
  const carriers = {
    udp: new Carrier(clock, false),
    udp2: new Carrier(clock, false),
    tcp: new Carrier(clock, true),
    ws: new Carrier(clock, true),
  }
  const client = new Side({ clock, carriers, endpoints, ...options })
  const server = new Side({ clock, carriers, ...options, sealed: serverSealed, endpoints: [] })
  server.echo()
  const arrivals: number[] = []
  client.tun.host = () => arrivals.push(clock.now())
  return {
    clock,
    carriers,
    client,
    server,
    /** When packets came back to the client. */
    arrivals,
    all: Object.values(carriers),
    pass: (milliseconds: number) => pass(clock, milliseconds),
    listen: () => server.listen(...endpoints),
    /** The server listens, and the client has connected. */
    async connected() {
      await server.listen(...endpoints)
      await Promise.all([client.connector!.start(), pass(clock, 100)])
    },
    /** Talks for a while; returns the longest time without an answer. */
    async talk(milliseconds: number) {
      const end = clock.now() + milliseconds
      let last = clock.now()
      let longest = 0
      arrivals.length = 0
      while (clock.now() < end) {
        client.tun.inject(packet)
        await pass(clock, TALK_INTERVAL)
        for (const at of arrivals.splice(0)) {
          longest = Math.max(longest, at - last)
          last = at
        }
      }
      return Math.max(longest, clock.now() - last)
    },
    dials: () => Object.values(carriers).map(({ dials }) => dials),
    /** What is left: timers and links. */
    left: () => ({
      timers: clock.pending,
      links: Object.values(carriers).reduce((sum, { open }) => sum + open.size, 0),
    }),
  }
}

/** An IPv4 packet of one kind. */
const packet = new Uint8Array(40)
packet[0] = 0x45
packet[3] = packet.length
