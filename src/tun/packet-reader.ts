import type { Packet } from '../core/api/packet.js'

/** Reads the packets of a TUN device by its descriptor, and owns that. */
export interface PacketReader {
  /** Starts reading. Called once. */
  start(handlers: PacketReaderHandlers): void
  /** Stops reading until `resume`. */
  pause(): void
  /** Reads again. Without effect if it was not paused. */
  resume(): void
  /** Closes the descriptor, and with it the interface goes. Idempotent. */
  close(): Promise<void>
}

/** What a reader tells. */
export interface PacketReaderHandlers {
  /** Packets came. They are lent, with room around them. */
  receive(packets: readonly Packet[]): void
  /** Nothing can be read any more. */
  failed(error: Error): void
}
