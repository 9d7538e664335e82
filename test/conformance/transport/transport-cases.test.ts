import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { transportCases } from '../../../src/conformance/transport/transport-cases.js'
import type { TransportSetup } from '../../../src/conformance/transport/transport-lab.js'
import { TransportError } from '../../../src/core/api/errors.js'
import type { Link, LinkHandlers, Transport } from '../../../src/core/api/transport.js'
import { streamLink } from '../../../src/transports/streams/stream-link.js'
import { failingCases } from '../kit/failing-cases.js'

afterEach(() => {
  vi.useRealTimers()
})

/** A transport over TCP, each of whose steps can be broken. */
interface Steps {
  /** What the user gets in place of a link. */
  wrapped?(link: Link, handlers: LinkHandlers): Link
  /** What is done with an accepted connection besides. */
  accepted?(socket: Socket): void
  /** What is left of a dial. */
  dialled?(): void
}

const timers: NodeJS.Timeout[] = []
afterEach(() => {
  for (const timer of timers) clearTimeout(timer)
})

function transportOf({
  wrapped = (link) => link,
  accepted = () => {},
  dialled = () => {},
}: Steps): Transport {
  const place = (endpoint: URL) => ({ host: endpoint.hostname, port: Number(endpoint.port) })
  const linkOver = (socket: Socket, handlers: LinkHandlers) => {
    const remote = `tested://${socket.remoteAddress}:${socket.remotePort}`
    let given: Link
    const link = streamLink(
      socket,
      { remote },
      {
        receive: (_link, datagrams) => handlers.receive(given, datagrams),
        drained: () => handlers.drained(given),
        closed: (_link, error) => handlers.closed(given, error),
        failed: (error) => handlers.failed(error),
      },
    )
    given = wrapped(link, handlers)
    return given
  }
  const failure = (code: 'ERR_TRANSPORT_DIAL' | 'ERR_TRANSPORT_LISTEN', cause: unknown) =>
    new TransportError('Cannot do that', { code, cause })
  return {
    async dial(endpoint, handlers, signal) {
      const socket = connect(place(endpoint))
      try {
        await once(socket, 'connect', { signal })
      } catch (cause) {
        socket.destroy()
        throw failure('ERR_TRANSPORT_DIAL', cause)
      }
      dialled()
      return linkOver(socket, handlers)
    },
    async listen(endpoint, handlers) {
      const links = new Set<Link>()
      const server = createServer((socket) => {
        const link = linkOver(socket, handlers)
        links.add(link)
        socket.on('close', () => links.delete(link))
        accepted(socket)
      })
      try {
        await once(server.listen(place(endpoint)), 'listening')
      } catch (cause) {
        throw failure('ERR_TRANSPORT_LISTEN', cause)
      }
      const bound = new URL(endpoint.href)
      bound.port = String((server.address() as { port: number }).port)
      return {
        endpoint: bound,
        async close() {
          const closed = new Promise((resolve) => server.close(resolve))
          await Promise.all([...links].map((link) => link.close()))
          await closed
        },
      }
    },
  }
}

async function failing(steps: Steps): Promise<string[]> {
  const endpoint = new URL('tested://127.0.0.1:0')
  const cases = transportCases({ stream: true, setup: () => ({ end: () => transportOf(steps), endpoint }) })
  return failingCases(cases)
}

/** A link some members of which are others. */
function changed(link: Link, members: Partial<Link>): Link {
  return new Proxy(link, {
    get: (_link, name) => {
      const value: unknown = Reflect.get(name in members ? members : link, name)
      return typeof value === 'function' ? value.bind(link) : value
    },
  })
}

/** A broken part for each of these cases, which nothing but that finds out. */
const BROKEN: Readonly<Record<string, Steps>> = {
  'does nothing more from the moment it is told to close': {
    wrapped: (link) =>
      changed(link, {
        async close() {
          await new Promise((resolve) => setImmediate(resolve))
          await link.close()
        },
      }),
  },
  'closes as often as it is told to, and does not report its own close': {
    wrapped(link, handlers) {
      let closed = false
      return changed(link, {
        async close() {
          const again = closed
          closed = true
          await link.close()
          if (again) handlers.closed(link)
        },
      })
    },
  },
  'leaves no timer behind': {
    dialled() {
      timers.push(setTimeout(() => {}, 60_000))
    },
  },
  'bears garbage on the raw wire': {
    accepted(socket) {
      socket.once('data', (bytes: Buffer) => {
        if (bytes.readUInt16BE() > 0x1000 && bytes.length < 16_000) throw new Error('what is that?')
      })
    },
  },
}

describe('transportCases', () => {
  it('finds nothing wrong with a sound transport', async () => {
    expect(await failing({})).toEqual([])
  })

  it.each(Object.entries(BROKEN))('alone finds what breaks: %s', async (name, broken) => {
    expect(await failing(broken)).toEqual([name])
  })
})

it('ends a case whose setup never does, and says what it waited for', async () => {
  vi.useFakeTimers()
  const [first] = transportCases({ stream: true, setup: () => new Promise<TransportSetup>(() => {}) })
  const ended = expect(first!.run()).rejects.toThrow('Waited 20000 ms in vain until setup is done')
  await vi.advanceTimersByTimeAsync(20_000)
  await ended
})
