import type { Cipher, PeerId } from '../api/cipher.js'
import type { Packet } from '../api/packet.js'
import { type TrainSealer, trainSealer, trainSender } from '../api/trains.js'
import type { Link } from '../api/transport.js'
import { clearList, emptyList } from '../bytes/clear-list.js'
import type { Segmenter } from '../offload/index.js'

/** Seals packets of which super-packets have to be cut, and sends them: as trains, if both the cipher and the link know these. */
export class CutSender {
  readonly #cipher: Cipher
  readonly #segmenter: Segmenter
  readonly #sealer: TrainSealer | undefined
  /** Plain packets between two super-packets. */
  readonly #plain = emptyList<Packet>()

  constructor(cipher: Cipher, segmenter: Segmenter) {
    this.#cipher = cipher
    this.#segmenter = segmenter
    this.#sealer = trainSealer(cipher)
  }

  /** Sends a batch in its order, with checksums as the far end takes them. */
  send(
    peer: PeerId,
    link: Link,
    packets: readonly Packet[],
    checksum: Packet['checksum'],
    maxDatagram: number,
    now: number,
  ): void {
    const sealer = this.#sealer
    const sender = trainSender(link)
    if (sealer === undefined || sender === undefined) {
      this.#cut(peer, link, packets, checksum, maxDatagram, now)
      return
    }
    const plain = this.#plain
    for (const packet of packets) {
      if (packet.segmentSize === 0) {
        plain.push(packet)
        continue
      }
      this.#sendPlain(peer, link, checksum, maxDatagram, now)
      const segments = this.#segmenter.inPlace(packet, checksum)
      if (segments === undefined) continue
      const train = sealer.sealSegments(peer, segments, maxDatagram, now)
      if (train === undefined) this.#cut(peer, link, [packet], checksum, maxDatagram, now)
      else sender.sendTrain(train)
    }
    this.#sendPlain(peer, link, checksum, maxDatagram, now)
  }

  #sendPlain(peer: PeerId, link: Link, checksum: Packet['checksum'], maxDatagram: number, now: number): void {
    if (this.#plain.length === 0) return
    this.#cut(peer, link, this.#plain, checksum, maxDatagram, now)
    clearList(this.#plain)
  }

  #cut(
    peer: PeerId,
    link: Link,
    packets: readonly Packet[],
    checksum: Packet['checksum'],
    maxDatagram: number,
    now: number,
  ): void {
    for (const batch of this.#segmenter.segment(packets, checksum))
      link.send(this.#cipher.seal(peer, batch, maxDatagram, now))
  }
}
