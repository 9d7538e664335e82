import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { transportCases } from '../../../src/conformance/transport/transport-cases.js'
import { unknownSources } from '../../../src/conformance/transport/unknown-sources.js'
import { TransportError } from '../../../src/core/api/errors.js'
import type { Link } from '../../../src/core/api/transport.js'
import { type DatagramPort, MemoryDatagramTransport } from '../../../src/transports/memory/datagram.js'
import { MemoryHub } from '../../../src/transports/memory/hub.js'
import { MemoryStreamTransport, type StreamPort } from '../../../src/transports/memory/stream.js'
import { patient } from '../../support/streams/dial-wait.js'
import { failingCases } from '../kit/failing-cases.js'
import { useLeftovers } from '../kit/leftovers.js'
import { type Break, brokenTransport } from './broken-transport.js'

const endpoint = new URL('memory://far')
const leave = useLeftovers()

/** `broken` makes what is wrong in each case. */
function casesOf(broken: () => Break, stream: boolean) {
  return transportCases({
    stream,
    setup() {
      const wrong = broken()
      const clock = new VirtualClock()
      const settle = () => clock.advance(1)
      const datagrams = new MemoryHub<DatagramPort>({ clock })
      const streams = new MemoryHub<StreamPort>({ clock, faults: { delay: 5 } })
      const end = () =>
        brokenTransport(
          stream ? new MemoryStreamTransport(streams) : new MemoryDatagramTransport(datagrams),
          wrong,
        )
      return { end, endpoint, settle }
    },
  })
}

/** Sends what `send` makes of each batch. */
function sent(link: Link, send: (datagrams: readonly Uint8Array[]) => readonly Uint8Array[]): Partial<Link> {
  return { send: (datagrams) => link.send(send(datagrams)) }
}

const sound = (): Break => ({})
const never = patient()

/** A broken part for each case that transports of both kinds have, which nothing but that finds out. */
const OF_ALL: Readonly<Record<string, () => Break>> = {
  'tells the endpoint that it listens on': () => ({
    async listen(inner, asked, handlers) {
      return { ...(await inner.listen(asked, handlers)), endpoint: portless() }
    },
  }),
  'refuses to listen where another listens': () => ({
    listen: (inner, asked, handlers) =>
      inner.listen(asked, handlers).catch((thrown: Error) => {
        throw new Error(thrown.message)
      }),
  }),
  'does not dial once the signal is aborted': () => ({
    dial: (inner, asked, handlers, wait) => inner.dial(asked, handlers, wait.signal.aborted ? never : wait),
  }),
  'gives up dialling at each step that it names': () => ({
    dial(inner, asked, handlers, wait) {
      const before = wait.signal.aborted
      wait.step('hub')
      return inner.dial(asked, handlers, wait.signal.aborted === before ? wait : never)
    },
  }),
  'carries datagrams both ways': () => ({
    told: (handlers, { side }) => ({
      receive: (link, datagrams) => handlers.receive(side === 'near' ? { ...link } : link, datagrams),
    }),
  }),
  'describes its links': () => ({ link: () => ({ source: new Uint8Array(5) }) }),
  'carries every size from 1 byte to maxDatagram': () => ({
    link: (link) =>
      sent(link, (all) => all.map((bytes) => (bytes.length === 16_384 ? bytes.subarray(1) : bytes))),
  }),
  'drops and counts a datagram above maxDatagram and carries the others': () => ({
    link: ({ drops }) => ({
      get drops() {
        return { ...drops, oversized: 0 }
      },
    }),
  }),
  'stays open when it is given nothing, or a datagram of no bytes': () => ({
    link: (link) =>
      sent(link, (all) => {
        if (all.length === 0) throw new Error('nothing to send')
        return all
      }),
  }),
  'carries a burst of batches': () => ({
    link: (link) => sent(link, (all) => (all.length === 8 ? all.slice(1) : all)),
  }),
  'copies what it keeps: the sender may overwrite it when send returns': () => ({
    link: (link) => ({
      send(datagrams) {
        const isFew = datagrams.length < 3 && datagrams.every(({ length }) => length === 1000)
        if (isFew) queueMicrotask(() => link.send(datagrams))
        else link.send(datagrams)
      },
    }),
  }),
  'keeps many links apart': () => ({
    link: (_link, { side }) => (side === 'far' ? { remote: 'memory://somebody' } : {}),
  }),
  'sends nothing after close': () => ({
    link(link, { inner, handlers, endpoint: remote }) {
      let isClosed = false
      return {
        async close() {
          await link.close()
          isClosed = true
        },
        send(datagrams) {
          if (!isClosed) return link.send(datagrams)
          void inner.dial(remote, handlers, never).then((again) => again.send(datagrams))
        },
      }
    },
  }),
  'hears nothing after close': () => {
    const underWay: Uint8Array[] = []
    return {
      link(link, { side, handlers }) {
        if (side === 'far') {
          return sent(link, (all) => {
            underWay.push(...all.map((bytes) => Uint8Array.from(bytes)))
            return all
          })
        }
        return {
          async close() {
            const late = underWay.splice(0)
            await link.close()
            if (late.length > 0) setImmediate(() => handlers.receive(link, late))
          },
        }
      },
    }
  },
  'closes as often as it is told to, and does not report its own close': () => ({
    link(link, { handlers }) {
      let isClosed = false
      return {
        async close() {
          const again = isClosed
          isClosed = true
          await link.close()
          if (again) handlers.closed(link)
        },
      }
    },
  }),
  'can listen again where it has closed': () => {
    let isTaken = false
    return {
      async listen(inner, asked, handlers) {
        if (isTaken) throw new TransportError('Cannot listen: in use', { code: 'ERR_TRANSPORT_LISTEN' })
        const listener = await inner.listen(asked, handlers)
        return {
          endpoint: listener.endpoint,
          async close() {
            await listener.close()
            isTaken = true
            later(10, () => {
              isTaken = false
            })
          },
        }
      },
    }
  },
  'leaves no handle behind': () => ({
    dial(inner, ...args) {
      leave.server()
      return inner.dial(...args)
    },
  }),
  'does nothing more from the moment it is told to close': () => ({
    link: (link) => ({
      async close() {
        await Promise.resolve()
        await link.close()
      },
    }),
  }),
  'leaves no timer behind': () => ({
    dial(inner, ...args) {
      leave.timers()
      return inner.dial(...args)
    },
  }),
}

/** The same of those that only streams have. */
const OF_STREAMS: Readonly<Record<string, () => Break>> = {
  'keeps the order of datagrams and batches': () => ({
    link: (link) => sent(link, (all) => (all.length > 8 ? all.toReversed() : all)),
  }),
  'is not writable while the remote reads nothing, and says when it is again': () => ({
    told: (handlers) => ({
      drained(link) {
        handlers.drained(link)
        handlers.drained(link)
      },
    }),
  }),
  'bounds its send queue: what no longer fits is dropped and counted': () => {
    const queue: Uint8Array[] = []
    return {
      link: (link) =>
        sent(link, (all) => {
          if (link.writable) return all
          queue.push(...all.map((bytes) => Uint8Array.from(bytes)))
          return []
        }),
      told: (handlers) => ({
        drained(link) {
          while (link.writable && queue.length > 0) link.send([queue.shift()!])
          if (link.writable) handlers.drained(link)
        },
      }),
    }
  },
  'tells each end once that the other closed': () => ({
    told: (handlers) => ({
      closed(link, error) {
        handlers.closed(link, error)
        handlers.closed(link, error)
      },
    }),
  }),
  'closes the links that it accepted with the listener': () => {
    const accepted: Link[] = []
    return {
      told: (handlers, { side }) => ({
        receive(link, datagrams) {
          if (side === 'far') accepted.push(link)
          handlers.receive(link, datagrams)
        },
      }),
      async listen(inner, asked, handlers) {
        const listener = await inner.listen(asked, handlers)
        return {
          endpoint: listener.endpoint,
          async close() {
            await listener.close()
            for (const link of accepted.splice(0)) handlers.closed(link)
          },
        }
      },
    }
  },
  'lets both ends close at once': () => {
    let isClosing = false
    return {
      link: (link, { side, handlers }) => ({
        async close() {
          if (side === 'far' && isClosing) handlers.closed(link)
          isClosing = side === 'near'
          await link.close()
          isClosing = false
        },
      }),
    }
  },
  'delivers whole datagrams only when it is closed in the middle': () => {
    let isClosing = false
    return {
      dial(inner, ...args) {
        isClosing = false
        return inner.dial(...args)
      },
      link: (link, { side }) => ({
        close() {
          isClosing = side === 'near'
          return link.close()
        },
      }),
      told: (handlers, { side }) => ({
        receive(link, datagrams) {
          const isCut = isClosing && side === 'far'
          handlers.receive(link, isCut ? datagrams.map((bytes) => bytes.subarray(0, 1000)) : datagrams)
        },
      }),
    }
  },
  'refuses to dial where nobody listens': () => ({
    dial: (inner, asked, handlers, wait) =>
      inner.dial(asked, handlers, wait).catch((thrown: Error) => {
        throw wait.signal.aborted ? thrown : new Error(thrown.message)
      }),
  }),
  'gives up dialling when the signal is aborted': () => ({
    dial: (inner, asked, handlers, wait) => inner.dial(asked, handlers, wait.signal.aborted ? wait : never),
  }),
}

/** The same of those that only datagrams have. */
const OF_DATAGRAMS: Readonly<Record<string, () => Break>> = {
  'dials nobody in silence, and reaches them once they listen': () => {
    let isThere = false
    return {
      async listen(inner, asked, handlers) {
        const listener = await inner.listen(asked, handlers)
        isThere = true
        return {
          endpoint: listener.endpoint,
          close() {
            isThere = false
            return listener.close()
          },
        }
      },
      link: (link, { handlers }) =>
        sent(link, (all) => {
          if (!isThere) handlers.closed(link, new Error('connection refused'))
          return all
        }),
    }
  },
}

/** Proven elsewhere: over sockets in transport-cases.test.ts, by what a plugin is given in unknown-sources.test.ts. */
const ELSEWHERE = ['bears garbage on the raw wire', unknownSources.name]

describe('transportCases', () => {
  it.each([true, false])(
    'finds nothing wrong with sound transports in memory (streams: %s)',
    async (stream) => {
      expect(await failingCases(casesOf(sound, stream))).toEqual([])
    },
  )

  it.each(Object.entries({ ...OF_ALL, ...OF_STREAMS }))(
    'alone finds what breaks a stream: %s',
    async (name, broken) => {
      expect(await failingCases(casesOf(broken, true))).toEqual([name])
    },
  )

  it.each(Object.entries({ ...OF_ALL, ...OF_DATAGRAMS }))(
    'alone finds what breaks a carrier of datagrams: %s',
    async (name, broken) => {
      expect(await failingCases(casesOf(broken, false))).toEqual([name])
    },
  )

  it('has a broken part for each of its cases', () => {
    const names = [true, false].flatMap((stream) => casesOf(sound, stream).map(({ name }) => name))
    const proven = [OF_ALL, OF_STREAMS, OF_DATAGRAMS].flatMap((table) => Object.keys(table))
    expect([...proven, ...ELSEWHERE].toSorted()).toEqual([...new Set(names), unknownSources.name].toSorted())
  })
})

/** Does something after so many turns of the event loop. */
function later(turns: number, work: () => void): void {
  setImmediate(turns > 1 ? () => later(turns - 1, work) : work)
}

/** An endpoint of which it is not said where it is. */
function portless(): URL {
  return new URL('memory://far:0')
}
