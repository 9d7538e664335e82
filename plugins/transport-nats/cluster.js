// @ts-check
import { NatsConnectionImpl, setTransportFactory } from '@nats-io/transport-node'
import { abortedWith, isTransportError } from 'qanat/plugin'
import { firstOf } from './first-of.js'
import { GivenSocketTransport } from './given-socket-transport.js'

/** Milliseconds that a server has to take a connection: less than Qanat gives a dial. */
const CONNECT_LIMIT = 4_000
/** Milliseconds until servers are tried again that were all tried, doubled each time, and the most. */
const FIRST_PAUSE = 100
const LONGEST_PAUSE = 2_000
/** Milliseconds that what was sent last has to leave this host when the connection is closed. */
const CLOSE_LIMIT = 500
/** Questions in a row that a server leaves unanswered until it counts as silent. */
const MOST_UNANSWERED = 2
/** Bytes that the server has not taken yet: from the one on nothing more is wanted, beyond the other all is dropped. */
const WANTED = 512 * 1024
const MOST = 2 * WANTED
/** Bytes that a datagram costs beyond its own. */
const OVERHEAD = 128
/** Bytes. As much as a 16-bit length can say. */
const MAX_DATAGRAM = 65_535

/**
 * @typedef {import('@nats-io/transport-node').NatsConnection} NatsConnection
 * @typedef {import('@nats-io/transport-node').Msg} Message
 *
 * @typedef {object} ClusterParts
 * @property {readonly string[]} servers HOST:PORT, the one that is tried first at the beginning.
 * @property {import('@nats-io/transport-node').ConnectionOptions} login
 * @property {import('./given-socket-transport.js').OpenSocket} openSocket
 * @property {number} pingEvery Milliseconds.
 * @property {import('qanat').Clock} clock
 * @property {import('qanat').Logger} log
 * @property {() => void} drained It is writable again.
 *
 * @typedef {Readonly<Record<string, (message: Message) => void>>} Subscriptions What takes messages, by subject.
 */

/**
 * A connection to one server of a cluster, and to the next one as soon as that is gone or silent. It does all of that itself:
 * what the library keeps while it connects anew is not bounded, and it waits for servers that are silent.
 */
export class Cluster {
  /** Datagrams. `unconnected` are those that came while no server was there. */
  drops = { oversized: 0, overflow: 0, unconnected: 0 }
  maxDatagram = MAX_DATAGRAM
  #parts
  /** The server that is tried first when one is needed: the one behind that in use. */
  #next = 0
  /** @type {NatsConnection | undefined} */
  #connection
  /** @type {Subscriptions} */
  #subscriptions = {}
  #unconfirmed = 0
  /** Whether the server let something be known since it was asked last. */
  #lives = false
  #closed = new AbortController()
  /** @type {import('qanat').Timer | undefined} */
  #timer

  /** @param {ClusterParts} parts */
  constructor(parts) {
    this.#parts = parts
  }

  get writable() {
    return this.#unconfirmed < WANTED
  }

  /**
   * Connects to the first server that takes it, once.
   *
   * @param {AbortSignal} [signal]
   * @throws {Error} that says of each server why it is not the one.
   */
  async open(signal = new AbortController().signal) {
    const { clock, servers } = this.#parts
    const until = abortedWith([signal, this.#closed.signal])
    const stop = until.signal
    try {
      const { connection, server } = await firstOf(
        [...servers.slice(this.#next), ...servers.slice(0, this.#next)],
        {
          clock,
          stop,
          attempt: (server, stop) => this.#openAt(server, stop),
          discard: ({ connection }) => void connection.close(),
        },
      )
      if (stop.aborted) void connection.close()
      else this.#took(connection, server)
    } catch (thrown) {
      const failures = thrown instanceof AggregateError ? thrown.errors : [thrown]
      throw new Error(stop.aborted ? 'aborted' : failures.map(messageOf).join('; '), { cause: thrown })
    } finally {
      until.forget()
    }
  }

  /**
   * Whether somebody answers at a subject.
   *
   * @param {string} subject
   * @param {number} limit Milliseconds.
   */
  async hears(subject, limit) {
    try {
      await this.#connection?.request(subject, undefined, { timeout: limit })
      return true
    } catch {
      return false
    }
  }

  /**
   * Takes messages from now on, at each server that is connected to.
   *
   * @param {Subscriptions} subscriptions
   * @throws {Error} if the server is gone, or does not allow it.
   */
  async subscribe(subscriptions) {
    this.#subscriptions = subscriptions
    if (this.#connection === undefined) throw new Error('the server is gone')
    await this.#subscribe(this.#connection)
  }

  /**
   * Sends or drops; never blocks, and keeps nothing that it was lent.
   *
   * @param {string} subject
   * @param {readonly Uint8Array[]} datagrams
   */
  send(subject, datagrams) {
    const connection = this.#connection
    if (connection === undefined) {
      this.drops.unconnected += datagrams.length
      return
    }
    let bytes = 0
    for (const datagram of datagrams) {
      if (datagram.length > this.maxDatagram) this.drops.oversized++
      else if (this.#unconfirmed + bytes >= MOST) this.drops.overflow++
      else if (publish(connection, subject, datagram.slice())) bytes += datagram.length + OVERHEAD
      else this.drops.unconnected++
    }
    if (bytes === 0) return
    this.#unconfirmed += bytes
    this.#ask(connection, bytes)
  }

  /** Idempotent. */
  async close() {
    if (this.#closed.signal.aborted) return
    this.#closed.abort()
    const connection = this.#connection
    this.#connection = undefined
    this.#timer?.cancel()
    if (connection === undefined) return
    const late = new Promise((resolve) => setTimeout(resolve, CLOSE_LIMIT).unref())
    await Promise.race([connection.drain().catch(() => {}), late])
    await connection.close()
  }

  /** @type {(server: string, stop: AbortSignal) => Promise<{ connection: NatsConnection, server: string }>} */
  async #openAt(server, stop) {
    const { clock, login, openSocket } = this.#parts
    const failed = new AbortController()
    /** @type {(() => void) | undefined} Leaves nothing with `stop`. */
    let forget
    setTransportFactory({ factory: () => new GivenSocketTransport() })
    /** @type {import('@nats-io/transport-node').ConnectionOptions & { openSocket: typeof openSocket }} */
    const options = {
      ...login,
      name: 'qanat',
      servers: server,
      timeout: CONNECT_LIMIT,
      reconnect: false,
      resolve: false,
      ignoreClusterUpdates: true,
      openSocket: async (host, port, ended) => {
        const until = abortedWith([ended, stop, failed.signal])
        forget = until.forget
        const socket = await openSocket(host, port, until.signal)
        until.signal.addEventListener('abort', () => socket.destroy())
        return socket
      },
    }
    const timer = clock.schedule(CONNECT_LIMIT, () => failed.abort())
    let connection
    try {
      stop.throwIfAborted()
      connection = await NatsConnectionImpl.connect(options)
      await this.#subscribe(connection)
      stop.throwIfAborted()
      return { connection, server }
    } catch (thrown) {
      await connection?.close()
      failed.abort()
      if (isTransportError(thrown)) throw thrown
      throw new Error(`${server}: ${messageOf(thrown)}`, { cause: thrown })
    } finally {
      timer.cancel()
      forget?.()
    }
  }

  async #subscribe(/** @type {NatsConnection} */ connection) {
    /** @type {Error | undefined} */
    let refused
    for (const [subject, take] of Object.entries(this.#subscriptions)) {
      const callback = (/** @type {Error | null} */ error, /** @type {Message} */ message) => {
        if (error !== null) refused = error
        else if (connection === this.#connection) take(message)
      }
      connection.subscribe(subject, { callback })
    }
    await Promise.race([connection.flush(), ended(connection)]) // what is flushed to a lost server is never settled
    if (refused !== undefined) throw refused
  }

  /** @type {(connection: NatsConnection, server: string) => void} */
  #took(connection, server) {
    this.#connection = connection
    this.#next = (this.#parts.servers.indexOf(server) + 1) % this.#parts.servers.length
    this.#unconfirmed = 0
    this.maxDatagram = Math.min(MAX_DATAGRAM, connection.info?.max_payload ?? MAX_DATAGRAM)
    void connection.closed().then((error) => this.#lost(connection, server, error?.message ?? 'it closed'))
    void this.#warnOf(connection, server)
    this.#watch(connection, server, 0)
  }

  /** The server says what it refuses, such as a subject that this end may not use. */
  async #warnOf(/** @type {NatsConnection} */ connection, /** @type {string} */ server) {
    const said = new Set()
    for await (const status of connection.status()) {
      if (status.type !== 'error' || said.has(status.error.message) || said.size > 8) continue
      said.add(status.error.message)
      this.#parts.log.warn('a NATS server refuses something', { server, why: status.error.message })
    }
  }

  /** Asks whether the server lives, again and again. What it confirms and what it sends are answers, too. */
  #watch(
    /** @type {NatsConnection} */ connection,
    /** @type {string} */ server,
    /** @type {number} */ unanswered,
  ) {
    const { clock, pingEvery } = this.#parts
    this.#lives = false
    this.#ask(connection, 0)
    this.#timer = clock.schedule(pingEvery, () => {
      const silent = this.#lives ? 0 : unanswered + 1
      if (silent < MOST_UNANSWERED) this.#watch(connection, server, silent)
      else this.#lost(connection, server, `no answer for ${silent * pingEvery} ms`)
    })
  }

  /** Has the server say when it has taken all until now. */
  #ask(/** @type {NatsConnection} */ connection, /** @type {number} */ bytes) {
    connection.flush().then(
      () => {
        if (connection !== this.#connection) return
        this.#lives = true
        const stalled = !this.writable
        this.#unconfirmed -= bytes
        if (stalled && this.writable) this.#parts.drained()
      },
      () => {}, // it is lost, of which is heard elsewhere
    )
  }

  #lost(/** @type {NatsConnection} */ connection, /** @type {string} */ server, /** @type {string} */ why) {
    if (connection !== this.#connection) return
    this.#connection = undefined
    this.#timer?.cancel()
    this.#parts.log.warn('a NATS server is lost', { server, why })
    void connection.close()
    const stalled = !this.writable
    this.#unconfirmed = 0
    if (stalled) this.#parts.drained()
    void this.#openAgain(FIRST_PAUSE)
  }

  async #openAgain(/** @type {number} */ pause) {
    try {
      await this.open()
      this.#parts.log.info('the next NATS server took over')
    } catch (thrown) {
      if (this.#closed.signal.aborted) return
      const why = messageOf(thrown)
      if (pause === FIRST_PAUSE) this.#parts.log.warn('no NATS server is reached', { why })
      this.#timer = this.#parts.clock.schedule(pause, () => {
        void this.#openAgain(Math.min(2 * pause, LONGEST_PAUSE))
      })
    }
  }
}

/** @type {(connection: NatsConnection) => Promise<never>} Rejects once it is closed. */
async function ended(connection) {
  const why = await connection.closed()
  throw why ?? new Error('the server ended the connection')
}

/** @type {(connection: NatsConnection, subject: string, bytes: Uint8Array) => boolean} */
function publish(connection, subject, bytes) {
  try {
    connection.publish(subject, bytes)
    return true
  } catch {
    return false // it was closed just now
  }
}

function messageOf(/** @type {unknown} */ thrown) {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
