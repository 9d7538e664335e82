import type { Link } from '../../../src/core/api/transport.js'
import type { Simulation } from './simulation.js'

/** A datagram on its way. */
export interface Flight {
  readonly from: string
  readonly to: string
  readonly bytes: Uint8Array
}

/** What the network does to a datagram: when each copy arrives, in milliseconds from now. None: it is lost. */
export type Weather = (flight: Flight) => readonly number[]

/** Whoever is at an address. */
export interface Station {
  receive(link: Link, datagrams: readonly Uint8Array[]): void
}

/** Carries datagrams between addresses, in simulated time. */
export class Network {
  /** What happens to datagrams. By default each arrives after 10 ms. */
  weather: Weather = () => [10]
  /** All datagrams that were sent, for tests that look at the wire. */
  readonly sent: Flight[] = []
  readonly #simulation: Simulation
  readonly #stations = new Map<string, Station>()
  readonly #links = new Map<string, Link>()

  constructor(simulation: Simulation) {
    this.#simulation = simulation
  }

  /** Puts a station at an address, or nobody. */
  place(address: string, station: Station | undefined): void {
    if (station) this.#stations.set(address, station)
    else this.#stations.delete(address)
  }

  /** The link that leads from one address to another. It is a value: the same one for the same addresses. */
  link(from: string, to: string, stream = false): Link {
    const key = `${from} ${to} ${stream}`
    const known = this.#links.get(key)
    if (known) return known
    const link: Link = {
      remote: `sim://${to}`,
      source: addressBytes(to),
      maxDatagram: 65_507,
      stream,
      writable: true,
      drops: {},
      send: (datagrams) => {
        for (const datagram of datagrams) this.send({ from, to, bytes: Uint8Array.from(datagram) }, stream)
      },
      close: async () => {},
    }
    this.#links.set(key, link)
    return link
  }

  /** Sends a datagram as if `from` had sent it. */
  send(flight: Flight, stream = false): void {
    this.sent.push(flight)
    for (const delay of this.weather(flight)) {
      this.#simulation.schedule(delay, () => {
        const link = this.link(flight.to, flight.from, stream)
        this.#stations.get(flight.to)?.receive(link, [Uint8Array.from(flight.bytes)])
      })
    }
  }
}

/** Four bytes that stand for a name. */
function addressBytes(name: string): Uint8Array {
  let hash = 17
  for (const letter of name) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0
  return Uint8Array.of(10, hash >>> 16, hash >>> 8, hash)
}
