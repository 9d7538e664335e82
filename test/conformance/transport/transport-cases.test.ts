import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { transportCases } from '../../../src/conformance/transport/transport-cases.js'
import type { TransportSetup } from '../../../src/conformance/transport/transport-lab.js'
import { TransportError } from '../../../src/core/api/errors.js'
import type { DialWait, Link, LinkHandlers, Transport } from '../../../src/core/api/transport.js'
import { streamLink } from '../../../src/transports/streams/stream-link.js'
import { failingCases } from '../kit/failing-cases.js'

afterEach(() => {
  vi.useRealTimers()
})

/** A transport over TCP, each of whose steps can be broken. */
interface Steps {
  /** What is done with an accepted connection besides. */
  accepted?(socket: Socket): void
  /** How a dial goes by what it is given. */
  waited?(wait: DialWait): DialWait
}

function transportOf({ accepted = () => {}, waited = (wait) => wait }: Steps): Transport {
  const place = (endpoint: URL) => ({ host: endpoint.hostname, port: Number(endpoint.port) })
  const linkOver = (socket: Socket, handlers: LinkHandlers) => {
    const remote = `tested://${socket.remoteAddress}:${socket.remotePort}`
    return streamLink(socket, { remote }, handlers)
  }
  const failure = (code: 'ERR_TRANSPORT_DIAL' | 'ERR_TRANSPORT_LISTEN', cause: unknown) =>
    new TransportError('Cannot do that', { code, cause })
  return {
    async dial(endpoint, handlers, wait) {
      if (wait.signal.aborted) throw failure('ERR_TRANSPORT_DIAL', wait.signal.reason)
      const { signal, step } = waited(wait)
      step('connect', 2_000)
      const socket = connect(place(endpoint))
      try {
        await once(socket, 'connect', { signal })
      } catch (cause) {
        socket.destroy()
        throw failure('ERR_TRANSPORT_DIAL', cause)
      }
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

/** A broken part for the case that needs a wire; those of the others are in transport-cases.memory.test.ts. */
const BROKEN: Readonly<Record<string, Steps>> = {
  'bears garbage on the raw wire': {
    accepted(socket) {
      socket.once('data', (bytes: Buffer) => {
        if (bytes.readUInt16BE() > 0x1000 && bytes.length < 16_000) throw new Error('what is that?')
      })
    },
  },
}

const AT_STEPS = 'gives up dialling at each step that it names'

/** The same for what a dial is given, each of which one case finds out. */
const BROKEN_STEPS: readonly (readonly [what: string, waited: NonNullable<Steps['waited']>])[] = [
  ['a name that is none', ({ signal, step }) => ({ signal, step: () => step('') })],
  ['a limit that is none', ({ signal, step }) => ({ signal, step: (name) => step(name, Number.NaN) })],
  [
    'a signal that is not looked at from the first step on',
    ({ signal, step }) => {
      const own = new AbortController()
      let isAtStep = false
      signal.addEventListener('abort', () => isAtStep || own.abort())
      return {
        signal: own.signal,
        step(...given) {
          isAtStep = true
          step(...given)
          isAtStep = false
        },
      }
    },
  ],
]

describe('transportCases', () => {
  it('finds nothing wrong with a sound transport', async () => {
    expect(await failing({})).toEqual([])
  })

  it.each(Object.entries(BROKEN))('alone finds what breaks: %s', async (name, broken) => {
    expect(await failing(broken)).toEqual([name])
  })
})

describe('transportCases, of the steps of a dial', () => {
  it.each(BROKEN_STEPS)('alone find %s by one case', async (_what, waited) => {
    expect(await failing({ waited })).toEqual([AT_STEPS])
  })

  it('find a dial that takes what it is given for a signal', async () => {
    const waited = (wait: DialWait) => {
      ;(wait as unknown as AbortSignal).throwIfAborted()
      return wait
    }
    expect(await failing({ waited })).toContain(AT_STEPS)
  })
})

it('ends a case whose setup never does, and says what it waited for', async () => {
  vi.useFakeTimers()
  const [first] = transportCases({ stream: true, setup: () => new Promise<TransportSetup>(() => {}) })
  const ended = expect(first!.run()).rejects.toThrow('Waited 20000 ms in vain until setup is done')
  await vi.advanceTimersByTimeAsync(20_000)
  await ended
})
