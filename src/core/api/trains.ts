import type { Cipher, OpenResult, PeerId } from './cipher.js'
import type { Packet } from './packet.js'
import type { Link, LinkHandlers } from './transport.js'
import type { TunDevice } from './tun-device.js'

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

/**
 * Where texts are opened to, one after the other, so that packets of one flow come to lie as a super-packet. What it lends lasts until
 * the next batch.
 */
export interface Joiner {
  /** What it works in. */
  readonly memory: Uint8Array
  /** Takes back all that was lent: a batch begins. */
  begin(): void
  /**
   * Where in the memory the next text of `length` bytes is to be opened to; −1 if there is no room. `take` or `leave` follows. Behind
   * it, no more than the text may be written.
   */
  place(length: number): number
  /**
   * The text is a packet that has, by its own header, the first `length` bytes of it. It is added to `packets`, or joined with the last
   * of them; so these are one peer's from one `end` to the next.
   */
  take(length: number, checksum: Packet['checksum'], packets: Packet[]): void
  /** The text is none, or was not opened, and is of no more use. */
  leave(): void
  /** Makes the last packet whole: nothing is joined with it any more. */
  end(): void
}

/** A cipher that opens trains. */
export interface TrainOpener {
  /** Opens datagrams that came by `link`, as `Cipher.open` would, packets by way of the joiner. The trains' bytes are overwritten. */
  openTrains(link: Link, trains: readonly Train[], joiner: Joiner, now: number): OpenResult
}

/** Somebody who takes trains. */
export interface TrainReceiver {
  /** Datagrams came by `link`, as by `LinkHandlers.receive`. */
  receiveTrains(link: Link, trains: readonly Train[]): void
}

/** A device that has a joiner for what is to be written to it, if the kernel takes super-packets. */
export interface JoiningDevice {
  readonly joiner: Joiner | undefined
}

/** The cipher, if it opens trains. */
export function trainOpener(cipher: Cipher & Partial<TrainOpener>): TrainOpener | undefined {
  return cipher.openTrains === undefined ? undefined : (cipher as TrainOpener)
}

/** The handlers, if they take trains. */
export function trainReceiver(handlers: LinkHandlers & Partial<TrainReceiver>): TrainReceiver | undefined {
  return handlers.receiveTrains === undefined ? undefined : (handlers as TrainReceiver)
}

/** The device's joiner, if it has one. */
export function joinerOf(tun: TunDevice & Partial<JoiningDevice>): Joiner | undefined {
  return tun.joiner
}

/** The cipher, if it seals segments as they are made. */
export function trainSealer(cipher: Cipher & Partial<TrainSealer>): TrainSealer | undefined {
  return cipher.sealSegments === undefined ? undefined : (cipher as TrainSealer)
}

/** The link, if it takes trains. */
export function trainSender(link: Link & Partial<TrainSender>): TrainSender | undefined {
  return link.sendTrain === undefined ? undefined : (link as TrainSender)
}
