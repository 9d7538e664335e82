import { AsyncLocalStorage } from 'node:async_hooks'
import dgram from 'node:dgram'
import net from 'node:net'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { asError } from '../../core/api/errors.js'

const HERE = fileURLToPath(import.meta.url)
/** What marks sockets: `network` and `streams` open theirs there. In the bundle it is in the files beside this one. */
const HELPERS = /\/conformance\/plugin\/socket-watch\.[jt]s$/.test(HERE)
  ? fileURLToPath(new URL('../../transports/', import.meta.url))
  : `${dirname(HERE)}/`
/** Call sites that are looked at: what libraries put between themselves and Node is not deep. */
const MOST_FRAMES = 40

/** A socket that a part opened by itself. */
interface Opened {
  /** What it did, as a message says it. */
  readonly what: string
  /** Whether its packets stay within this host. */
  readonly isLocal: boolean
  port(): number | undefined
}

type Method = (this: never, ...args: never[]) => unknown

/** Sees which sockets a part opens by other means than those that it is given. */
export class SocketWatch {
  readonly #inPart = new AsyncLocalStorage<true>()
  readonly #opened: Opened[] = []

  /** Does what a part does: sockets that come of it, later on as well, are its own. */
  ofPart<Result>(work: () => Result): Result {
    return this.#inPart.run(true, work)
  }

  /** What was opened by the part itself and leaves this host, or carries what is for that port of it. */
  unmarked(port: number | undefined): string[] {
    return this.#opened.filter((one) => !one.isLocal || one.port() === port).map(({ what }) => what)
  }

  /** Watches while `work` goes on, in this process. */
  async during(work: () => Promise<void>): Promise<void> {
    const restore = [
      this.#watch(net.Socket.prototype, 'connect', (_socket, args) => {
        const { host = 'localhost', path, port } = placeOf(args)
        const isLocal = path !== undefined || isLoopback(host)
        return { what: `connects to ${path ?? `${host}:${port}`}`, isLocal, port: () => port }
      }),
      this.#watch(net.Server.prototype, 'listen', (server: net.Server, args) => {
        const { host = '::', path, port } = placeOf(args)
        const isLocal = path !== undefined || isLoopback(host)
        const inUse = () => {
          const address = server.address()
          return typeof address === 'object' ? address?.port : undefined
        }
        return { what: `listens on ${path ?? `${host}:${port}`}`, isLocal, port: inUse }
      }),
      this.#watch(dgram.Socket.prototype, 'bind', () => ({
        what: 'binds a socket of UDP',
        isLocal: false,
        port: () => undefined,
      })),
    ]
    try {
      await work()
    } finally {
      for (const one of restore) one()
    }
  }

  /** Has `seen` say what a method of sockets does when a part calls it. */
  #watch<Name extends string>(
    prototype: Record<Name, unknown> | object,
    name: Name,
    seen: (socket: never, args: readonly unknown[]) => Opened,
  ): () => void {
    const owner = prototype as Record<string, Method>
    const method = owner[name]!
    const watch = this
    owner[name] = function watched(this: never, ...args: never[]) {
      if (watch.#inPart.getStore() === true && !isByHelper()) watch.#opened.push(seen(this, args))
      return method.apply(this, args)
    }
    return () => {
      owner[name] = method
    }
  }
}

/** Where `connect` and `listen` of Node are told to go: they take a port, a path or options. */
function placeOf(args: readonly unknown[]): { host?: string; port?: number; path?: string } {
  const [first, second] = (Array.isArray(args[0]) ? args[0] : args) as readonly unknown[] // as `net.connect` passes them on
  if (typeof first === 'object' && first !== null) return first
  if (Number.isNaN(Number(first))) return { path: String(first) }
  return { port: Number(first), ...(typeof second === 'string' && { host: second }) }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

/** Whether the nearest code that is not Node's is what marks sockets. */
function isByHelper(): boolean {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = MOST_FRAMES
  const frames = (asError(new Error()).stack ?? '').split('\n').slice(1)
  Error.stackTraceLimit = limit
  const nearest = frames.find((frame) => !frame.includes('node:') && !frame.includes(HERE))
  return nearest?.includes(HELPERS) ?? true // whatever Node does by itself, as for names, is not the part's
}
