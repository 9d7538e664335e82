import type { Cipher, OpenResult } from '../api/cipher.js'
import { type Joiner, joinerOf, type Train, type TrainOpener, trainOpener } from '../api/trains.js'
import type { Link } from '../api/transport.js'
import type { TunDevice } from '../api/tun-device.js'
import { emptyList } from '../bytes/clear-list.js'
import { DatagramViews } from '../offload/datagram-views.js'

/** Opens trains by way of the device's joiner, if that can be done. */
export class TrainOpening {
  readonly #opener: TrainOpener | undefined
  readonly #joiner: Joiner | undefined
  readonly #views = new DatagramViews()
  /** Those of a list, which are used again. */
  readonly #alone = emptyList<{ bytes: Uint8Array; size: number }>()

  /** @param whole Whether packets go to the device as they come, past hooks that would look at each. */
  constructor(cipher: Cipher, tun: TunDevice, whole: boolean) {
    this.#opener = whole && cipher.authenticates ? trainOpener(cipher) : undefined
    this.#joiner = joinerOf(tun)
  }

  /** What the trains came to; undefined if they have to be opened as a list of datagrams. */
  open(link: Link, trains: readonly Train[], now: number): OpenResult | undefined {
    if (this.#opener === undefined || this.#joiner === undefined) return undefined
    return this.#opener.openTrains(link, trains, this.#joiner, now)
  }

  /** The same for a list, as a train each: those of a stream lie one behind the other as well, but for what frames them. */
  openList(link: Link, datagrams: readonly Uint8Array[], now: number): OpenResult | undefined {
    if (this.#opener === undefined || this.#joiner === undefined) return undefined
    const trains = this.#alone
    while (trains.length < datagrams.length) trains.push({ bytes: datagrams[0]!, size: 0 })
    while (trains.length > datagrams.length) trains.pop()
    for (let index = 0; index < datagrams.length; index++) {
      const train = trains[index]!
      const bytes = datagrams[index]!
      train.bytes = bytes
      train.size = Math.max(1, bytes.length)
    }
    return this.#opener.openTrains(link, trains, this.#joiner, now)
  }

  /** That list, lent until the next call. */
  listOf(trains: readonly Train[]): readonly Uint8Array[] {
    return this.#views.of(trains)
  }
}
