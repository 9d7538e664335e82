import { ConfigError, type ErrorCode, TransportError } from '../../../src/core/api/errors.js'
import type { Link, LinkHandlers, Transport } from '../../../src/core/api/transport.js'
import type { Clock } from '../../../src/core/time/clock.js'
import { type DatagramPort, MemoryDatagramTransport } from '../../../src/transports/memory/datagram.js'
import { MemoryHub } from '../../../src/transports/memory/hub.js'
import { MemoryStreamTransport, type StreamPort } from '../../../src/transports/memory/stream.js'

/** Milliseconds on the way, each way. */
const DELAY = 10

/** What befalls those who dial by a carrier. */
export type DialFault =
  | { readonly reason: string }
  | 'refused'
  | 'unknown host'
  | 'no name server'
  | 'port taken'
  | 'port forbidden'
  | 'wrong setting'
  | 'hangs'
  | undefined

/**
 * One way between two ends, such as UDP on one port or a proxy, that a test may cut. It counts what is done
 * with it.
 */
export class Carrier {
  readonly stream: boolean
  fault: DialFault
  /** How often it was dialled. */
  dials = 0
  /** Dialled links that are open. */
  readonly open = new Set<Link>()
  /** What ends each of them. */
  readonly #ends = new WeakMap<Link, () => void>()
  /** Dialled links whose route carries less than when they were opened. */
  readonly #narrowed = new WeakSet<Link>()
  /** Milliseconds at which its links are cut, with what is under way by them; undefined if they are not. */
  cutsAt: number | undefined
  /** Links that were cut so. */
  cuts = 0
  readonly #hub: MemoryHub<DatagramPort & StreamPort>
  readonly #clock: Clock

  readonly #delay: number

  constructor(clock: Clock, stream: boolean, delay = DELAY) {
    this.#delay = delay
    this.#clock = clock
    this.stream = stream
    this.#hub = new MemoryHub({ clock, faults: { delay }, random: () => 0.5 })
  }

  /** Lets nothing through from now on, and tells nobody; or lets it through again. */
  cut(severed = true): void {
    this.#hub.faults = { delay: this.#delay, severed }
  }

  /** Ends all links that were dialled, as the end of the far program does. */
  end(): void {
    for (const link of [...this.open]) this.#ends.get(link)!()
  }

  /** Loses datagrams of more than `limit` bytes from now on, and tells nobody. */
  narrow(limit: number): void {
    this.#hub.faults = { delay: this.#delay, limit }
  }

  /** Lets the routes of the streams that are open carry less than before. */
  narrowRoutes(): void {
    for (const link of this.open) this.#narrowed.add(link)
  }

  /** Lets them carry as much again. */
  widenRoutes(): void {
    for (const link of this.open) this.#narrowed.delete(link)
  }

  /** Loses a part of the datagrams: the next one is lost where `lost` says so. */
  lose(lost: () => boolean): void {
    this.#hub.faults = {
      delay: this.#delay,
      get severed() {
        return lost()
      },
    }
  }

  /** The transport of one end. */
  transport(): Transport {
    const inner = this.stream ? new MemoryStreamTransport(this.#hub) : new MemoryDatagramTransport(this.#hub)
    return {
      kind: this.stream ? 'stream' : 'datagram',
      listen: (endpoint, handlers) => inner.listen(endpoint, handlers),
      dial: async (endpoint, handlers, wait) => {
        this.dials++
        if (this.fault === 'refused') throw refusal('ERR_TRANSPORT_DIAL')
        if (this.fault === 'unknown host') throw refusal('ERR_HOST_UNKNOWN')
        if (this.fault === 'no name server') throw refusal('ERR_NAME_SERVER')
        if (this.fault === 'port taken') throw refusal('ERR_TRANSPORT_LISTEN', 'EADDRINUSE')
        if (this.fault === 'port forbidden') throw refusal('ERR_TRANSPORT_LISTEN', 'EACCES')
        if (this.fault === 'wrong setting') {
          throw new ConfigError('Cannot dial: the test says so', { code: 'ERR_CONFIG_VALUE' })
        }
        if (typeof this.fault === 'object') throw failedBy(this.fault.reason)
        if (this.fault === 'hangs') return never(wait.signal)
        const link: Link = await inner.dial(endpoint, this.#watch(handlers), wait)
        if (this.stream) Object.assign(link, { hasNarrowed: () => this.#narrowed.has(link) })
        this.open.add(link)
        const end = () => {
          void link.close()
          handlers.closed(link, new Error('cut'))
        }
        this.#ends.set(link, end)
        const cut =
          this.cutsAt === undefined
            ? undefined
            : this.#clock.schedule(this.cutsAt, () => {
                this.cuts++
                end()
              })
        const close = link.close.bind(link)
        link.close = () => {
          this.open.delete(link)
          cut?.cancel()
          return close()
        }
        return link
      },
    }
  }

  #watch(handlers: LinkHandlers): LinkHandlers {
    return {
      receive: (link, datagrams) => handlers.receive(link, datagrams),
      drained: (link) => handlers.drained(link),
      failed: (error) => handlers.failed(error),
      closed: (link, error) => {
        this.open.delete(link)
        handlers.closed(link, error)
      },
    }
  }
}

function refusal(code: ErrorCode, systemCode?: string): TransportError {
  const cause = systemCode && { code: systemCode }
  return new TransportError(`Cannot dial: the test says ${code}`, { code, cause })
}

function failedBy(reason: string): TransportError {
  return new TransportError(`Cannot dial: ${reason}`, { code: 'ERR_TRANSPORT_DIAL', reason })
}

function never(signal: AbortSignal): Promise<Link> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(refusal('ERR_TRANSPORT_DIAL')))
  })
}
