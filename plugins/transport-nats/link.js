// @ts-check
/**
 * @typedef {import('qanat').Link} Link
 *
 * @typedef {object} LinkParts
 * @property {import('./cluster.js').Cluster} cluster
 * @property {string} remote
 * @property {string} subject What it sends to.
 * @property {import('qanat').LinkHandlers} handlers
 * @property {() => void | Promise<void>} forget It ended.
 */

/**
 * Datagrams to one subject, a message each.
 *
 * @implements {Link}
 */
export class NatsLink {
  source = new Uint8Array()
  stream = false
  #parts
  /** What came since `receive` was called last: messages that came together are handed over together. */
  #arrived = /** @type {Uint8Array[]} */ ([])
  #stalled = false
  /** @type {Promise<void> | undefined} */
  #gone

  /** @param {LinkParts} parts */
  constructor(parts) {
    this.#parts = parts
    this.remote = parts.remote
  }

  get maxDatagram() {
    return this.#parts.cluster.maxDatagram
  }

  get drops() {
    return this.#parts.cluster.drops
  }

  get writable() {
    const isWritable = this.#gone === undefined && this.#parts.cluster.writable
    if (!isWritable) this.#stalled = true
    return isWritable
  }

  /** @param {readonly Uint8Array[]} datagrams */
  send(datagrams) {
    if (this.#gone === undefined) this.#parts.cluster.send(this.#parts.subject, datagrams)
  }

  /** @param {Uint8Array} datagram */
  arrive(datagram) {
    if (this.#gone === undefined && this.#arrived.push(datagram) === 1) queueMicrotask(() => this.#deliver())
  }

  /** The cluster is writable again. */
  drained() {
    if (!this.#stalled || this.#gone !== undefined) return
    this.#stalled = false
    this.#parts.handlers.drained(this)
  }

  close() {
    this.#gone ??= Promise.resolve(this.#parts.forget())
    return this.#gone
  }

  /** What the receiver throws costs the link, and nothing else. */
  #deliver() {
    const datagrams = this.#arrived
    this.#arrived = []
    if (this.#gone !== undefined) return
    try {
      this.#parts.handlers.receive(this, datagrams)
    } catch (thrown) {
      void this.close()
      this.#parts.handlers.closed(this, thrown instanceof Error ? thrown : new Error(String(thrown)))
    }
  }
}
