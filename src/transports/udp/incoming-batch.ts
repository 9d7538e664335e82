import { type Train, trainReceiver } from '../../core/api/trains.js'
import type { Link, LinkHandlers } from '../../core/api/transport.js'
import { emptyList } from '../../core/bytes/clear-list.js'
import { DatagramViews } from '../../core/offload/datagram-views.js'

/** Messages of one sender that wait to be delivered, each of one datagram or of several that the kernel joined. */
export class IncomingBatch {
  /** How many datagrams there are. */
  datagrams = 0
  readonly #trains = emptyList<Train>()
  /** Those that were used before. */
  readonly #spare = emptyList<{ bytes: Uint8Array; size: number }>()
  readonly #views = new DatagramViews()

  /** Adds a message; `size` is 0 if it is one datagram. */
  add(bytes: Uint8Array, size: number): void {
    const whole = size > 0 ? size : Math.max(1, bytes.length)
    const train = this.#spare.pop() ?? { bytes, size: whole }
    train.bytes = bytes
    train.size = whole
    this.#trains.push(train)
    this.datagrams += Math.max(1, Math.ceil(bytes.length / whole))
  }

  /** Hands all to a link's user: as trains if they are several and the user takes these. */
  deliver(link: Link, handlers: LinkHandlers): void {
    const receiver = this.datagrams > 1 ? trainReceiver(handlers) : undefined
    if (receiver === undefined) handlers.receive(link, this.#views.of(this.#trains))
    else receiver.receiveTrains(link, this.#trains)
  }

  clear(): void {
    this.datagrams = 0
    while (this.#trains.length > 0) this.#spare.push(this.#trains.pop()!)
  }
}
