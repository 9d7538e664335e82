// @ts-check
import { NatsLink } from './link.js'
import { CALLER, subjectsOf } from './place.js'

/**
 * Links kept at a time. Anybody who may publish can call by any number of names: an unknown caller takes the place of the
 * one that came first, never more memory; a peer whose place was taken gets a new link of equal value.
 */
const MOST_CALLERS = 2_048

/** The links of the one who listens, by what the callers call themselves. */
export class Callers {
  #links = /** @type {Map<string, NatsLink>} */ (new Map())
  #parts

  /**
   * @param {object} parts
   * @param {import('./cluster.js').Cluster} parts.cluster
   * @param {string} parts.subject
   * @param {string} parts.remote Of the one who listens.
   * @param {import('qanat').LinkHandlers} parts.handlers
   */
  constructor(parts) {
    this.#parts = parts
  }

  /** @param {import('@nats-io/transport-node').Msg} message From a caller. */
  take({ subject, data }) {
    const caller = subject.slice(this.#parts.subject.length + 1, -'.up'.length)
    if (CALLER.test(caller)) this.linkOf(caller).arrive(data)
  }

  /** @param {string} caller */
  linkOf(caller) {
    const known = this.#links.get(caller)
    if (known !== undefined) return known
    if (this.#links.size >= MOST_CALLERS) this.#links.delete(this.#links.keys().next().value ?? '')
    const { cluster, subject, remote, handlers } = this.#parts
    const link = new NatsLink({
      cluster,
      subject: subjectsOf(subject, caller).down,
      remote: `${remote}/${caller}`,
      handlers,
      forget: () => {
        if (this.#links.get(caller) === link) this.#links.delete(caller)
      },
    })
    this.#links.set(caller, link)
    return link
  }

  drained() {
    for (const link of this.#links.values()) link.drained()
  }

  close() {
    for (const link of [...this.#links.values()]) void link.close()
  }
}
