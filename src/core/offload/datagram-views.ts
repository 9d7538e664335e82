import type { Train } from '../api/trains.js'
import { clearList, emptyList } from '../bytes/clear-list.js'
import { RecurringViews } from '../bytes/recurring-views.js'

/** Trains as lists of datagrams, for whoever knows no trains. */
export class DatagramViews {
  readonly #views = new RecurringViews()
  readonly #list = emptyList<Uint8Array>()

  /** A view of each datagram; lent until the next call. A train of no bytes is one datagram of none. */
  of(trains: readonly Train[]): readonly Uint8Array[] {
    const list = this.#list
    clearList(list)
    for (const { bytes, size } of trains) {
      let at = 0
      do {
        const end = Math.min(at + size, bytes.length)
        list.push(this.#views.part(list.length, bytes, at, end))
        at = end
      } while (at < bytes.length)
    }
    return list
  }
}
