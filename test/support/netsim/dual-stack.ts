import type { Link, LinkHandlers, Transport } from '../../../src/core/api/transport.js'
import type { Clock } from '../../../src/core/time/clock.js'
import { UdpTransport } from '../../../src/transports/udp/udp.js'
import type { Family, UdpPort } from '../../../src/transports/udp/udp-port.js'
import { UdpUsers } from '../../../src/transports/udp/udp-users.js'
import { deadLink } from '../links.js'

/** Milliseconds on the way, each way. */
const DELAY = 10
const ADDRESSES = { 4: '192.0.2.1', 6: '2001:db8::1' } as const

/** UDP to a host that has an address of each family, of which a test may cut one. */
export class DualStack {
  /** Families of which nothing arrives, and nobody is told. */
  readonly cut = new Set<Family>()
  /** The families of the datagrams that were sent to the host. */
  readonly sent: Family[] = []
  readonly #clock: Clock
  #host: LinkHandlers | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The transport of one end; the end that listens is the host. */
  transport(): Transport {
    const resolve = async () => ([6, 4] as const).map((family) => ({ address: ADDRESSES[family], family }))
    const udp = new UdpTransport({ localPort: 0 }, async (family) => this.#port(family), resolve)
    return {
      kind: 'datagram',
      dial: (endpoint, handlers, wait) => udp.dial(endpoint, handlers, wait),
      listen: async (endpoint, handlers) => {
        this.#host = handlers
        return { endpoint, close: async () => {} }
      },
    }
  }

  #port(family: Family): UdpPort {
    const users = new UdpUsers(async () => {})
    return {
      ...{ family, users, host: ADDRESSES[family], port: 0 },
      dial: (address, _port, handlers) => {
        const link = this.#link(address, family, (datagrams) => {
          this.sent.push(...datagrams.map(() => family))
          this.#carry(family, () => this.#host?.receive(back, datagrams))
        })
        const back = this.#link('client', family, (datagrams) =>
          this.#carry(family, () => handlers.receive(link, datagrams)),
        )
        users.dial(link, handlers)
        return link
      },
    }
  }

  #link(address: string, family: Family, send: (datagrams: Uint8Array[]) => void): Link {
    return {
      ...deadLink(`udp://${address}#${family}`),
      send: (datagrams) => send(datagrams.map((datagram) => Uint8Array.from(datagram))),
    }
  }

  #carry(family: Family, arrive: () => void): void {
    if (!this.cut.has(family)) this.#clock.schedule(DELAY, arrive)
  }
}
