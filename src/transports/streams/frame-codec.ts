import type { StreamOutput } from '../../native/sockets/stream-output.js'

/** How datagrams are told apart in a stream of bytes that lies in one large piece of memory. */
export interface FrameCodec {
  /** Bytes that a frame has beyond its datagram, at the most. */
  readonly overhead: number
  /** A frame that says goodbye. */
  readonly goodbye: Uint8Array
  /** Why nothing more is to be read; undefined while the stream goes on. A text other than `closed` is the remote's fault. */
  readonly ended: 'closed' | string | Error | undefined
  /** Bytes that may be kept of a message: what is longer and not whole is dropped. */
  keeps: number
  /** Messages that were longer than that. */
  readonly dropped: number
  /** Frames that answer what was read; taken by the caller, who empties the list. */
  readonly answers: Uint8Array[]
  /** Adds a datagram in its frame. The caller asked whether it fits. */
  write(output: StreamOutput, datagram: Uint8Array): void
  /**
   * Appends the datagrams that are whole between `from` and `end` to `datagrams`, as views where possible. Returns
   * where the first frame begins that is not whole.
   */
  read(bytes: Uint8Array, from: number, end: number, datagrams: Uint8Array[]): number
}
