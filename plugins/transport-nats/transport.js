// @ts-check
import { randomBytes } from 'node:crypto'
import { redact } from 'qanat/plugin'
import { Callers } from './callers.js'
import { Cluster } from './cluster.js'
import { NatsLink } from './link.js'
import { loginOf } from './login.js'
import { CALLER_BYTES, listenerOf, placeOf, subjectsOf, withPort } from './place.js'

/** Milliseconds for the first of the servers that takes the connection. */
const SERVER_LIMIT = 6_000
/** Milliseconds for that server to confirm the subscription. */
const SUBSCRIBE_LIMIT = 4_000
/** Milliseconds that somebody who listens has to say so. */
const ANSWER_LIMIT = 500

/**
 * @typedef {import('qanat').Transport} Transport
 * @typedef {import('./login.js').NatsOptions} NatsOptions
 */

/**
 * Datagrams over a cluster of NATS servers: each end connects to one of the servers. A caller gives itself a name by which
 * the one who listens answers it.
 *
 * @implements {Transport}
 */
export class NatsTransport {
  #context
  /** Those who listen, by subject. */
  #listening = /** @type {Map<string, Callers>} */ (new Map())

  /** @param {import('qanat').TransportContext<NatsOptions>} context */
  constructor(context) {
    this.#context = context
  }

  /** @type {Transport['dial']} */
  async dial(endpoint, handlers, { signal, step }) {
    try {
      const options = this.#context.optionsOf(endpoint)
      const { subject, caller, server } = placeOf(endpoint, options.subject)
      if (caller !== undefined) return this.#answering(subject, caller)
      const { up, down } = subjectsOf(subject, randomBytes(CALLER_BYTES).toString('base64url'))
      const cluster = this.#cluster(options, server, subject, () => link.drained())
      const remote = redact(endpoint)
      const link = new NatsLink({ cluster, remote, subject: up, handlers, forget: () => cluster.close() })
      const work = async () => {
        step('server', SERVER_LIMIT, 'none of the NATS servers took the connection')
        await cluster.open(signal)
        step(
          'subscribe',
          SUBSCRIBE_LIMIT,
          'the NATS server took the connection and did not confirm the subscription',
        )
        await cluster.subscribe({ [down]: ({ data }) => link.arrive(data) })
      }
      await begin(cluster, work, signal)
      return link
    } catch (why) {
      throw this.#context.errors.dial(endpoint, why)
    }
  }

  /** @type {Transport['listen']} */
  async listen(endpoint, handlers) {
    try {
      const options = this.#context.optionsOf(endpoint)
      const { subject, server } = placeOf(endpoint, options.subject)
      const cluster = this.#cluster(options, server, subject, () => callers.drained())
      const callers = new Callers({ cluster, subject, remote: redact(endpoint), handlers })
      await begin(cluster, async () => {
        await cluster.open()
        if (await cluster.hears(listenerOf(subject), ANSWER_LIMIT)) {
          throw new Error(`somebody else listens to the subject ${subject}`)
        }
        await cluster.subscribe({
          [subjectsOf(subject, '*').up]: (message) => callers.take(message),
          [listenerOf(subject)]: (message) => void message.respond(),
        })
      })
      this.#listening.set(subject, callers)
      return { endpoint, close: () => this.#unlisten(subject, callers, cluster) }
    } catch (why) {
      throw this.#context.errors.listen(endpoint, why)
    }
  }

  /** @type {(subject: string, callers: Callers, cluster: Cluster) => Promise<void>} */
  async #unlisten(subject, callers, cluster) {
    if (this.#listening.get(subject) === callers) this.#listening.delete(subject)
    callers.close()
    await cluster.close()
  }

  /** The link by which a caller is answered, who is known by its remote from before. */
  #answering(/** @type {string} */ subject, /** @type {string} */ caller) {
    const callers = this.#listening.get(subject)
    if (callers === undefined) throw new Error(`nothing listens to the subject ${subject} here`)
    return callers.linkOf(caller)
  }

  /** @type {(options: NatsOptions, server: string, subject: string, drained: () => void) => Cluster} */
  #cluster(options, server, subject, drained) {
    const { clock, log, network } = this.#context
    /** @type {import('./given-socket-transport.js').OpenSocket} */
    const openSocket = (host, port, signal) => network.connect({ host, port }, { signal })
    const servers = [...new Set([server, ...options.servers.map(withPort)])]
    const login = { ...loginOf(options), inboxPrefix: `${subject}.inbox` }
    return new Cluster({ servers, login, openSocket, pingEvery: options.pingEvery, clock, log, drained })
  }
}

/**
 * Leaves nothing open of a beginning that failed, or is called off.
 *
 * @param {Cluster} cluster
 * @param {() => Promise<void>} work
 * @param {AbortSignal} [signal]
 */
async function begin(cluster, work, signal) {
  const callOff = () => void cluster.close()
  signal?.addEventListener('abort', callOff)
  try {
    await work()
  } catch (thrown) {
    await cluster.close()
    throw thrown
  } finally {
    signal?.removeEventListener('abort', callOff)
  }
}
