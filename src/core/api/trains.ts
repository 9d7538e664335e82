import type { Cipher, PeerId } from './cipher.js'
import type { Packet } from './packet.js'
import type { Link } from './transport.js'

/**
 * Datagrams that lie one behind the other: a batch without a view of each. Parts of Qanat's own hand it on if both sides of a seam
 * know it; to all others go lists of datagrams.
 */
export interface Train {
  readonly bytes: Uint8Array
  /** Bytes of each datagram but the last, which may be shorter. */
  readonly size: number
}

/** The segments of a super-packet, made one by one, and room for their datagrams. */
export interface SegmentSource {
  /** What they and the room lie in. */
  readonly memory: Uint8Array
  readonly count: number
  /** Bytes of each segment but the last, and of the last, which is not longer. */
  readonly size: number
  readonly lastSize: number
  readonly checksum: Packet['checksum']
  /** Where in the memory the room begins: for each segment it has its bytes, HEADROOM and TAILROOM. */
  readonly room: number
  /**
   * Makes the next segment where its payload lies: its headers overwrite the end of the one before. Returns where in the memory
   * it begins. Called `count` times at most.
   */
  next(): number
}

/** A cipher that seals segments as they are made. */
export interface TrainSealer {
  /**
   * Seals the segments of a super-packet for a peer, each as a datagram in the room of the source, as `Cipher.seal` would. Undefined
   * if that does all there is to do, such as to stage packets or to start a handshake; then no segment was made.
   */
  sealSegments(peer: PeerId, segments: SegmentSource, maxDatagram: number, now: number): Train | undefined
}

/** A link that takes trains. */
export interface TrainSender {
  /** Sends the datagrams as `Link.send` would. They are lent. */
  sendTrain(train: Train): void
}

/** The cipher, if it seals segments as they are made. */
export function trainSealer(cipher: Cipher & Partial<TrainSealer>): TrainSealer | undefined {
  return cipher.sealSegments === undefined ? undefined : (cipher as TrainSealer)
}

/** The link, if it takes trains. */
export function trainSender(link: Link & Partial<TrainSender>): TrainSender | undefined {
  return link.sendTrain === undefined ? undefined : (link as TrainSender)
}
