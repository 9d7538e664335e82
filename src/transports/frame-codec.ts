/** How datagrams are told apart in a stream of bytes that lies in one large piece of memory. */
export interface FrameCodec {
  /** Bytes of a frame's header at the most. */
  readonly maxHeader: number
  /** A frame that says goodbye. */
  readonly goodbye: Uint8Array
  /** Why nothing more is to be read; undefined while the stream goes on. */
  readonly ended: 'closed' | string | undefined
  /** Writes the header of a frame with `length` bytes at `at`. Returns its length. */
  writeHeader(bytes: Uint8Array, at: number, length: number): number
  /**
   * Appends views of the datagrams that are whole between `from` and `end` to `datagrams`. Returns where the first
   * frame begins that is not whole.
   */
  read(bytes: Uint8Array, from: number, end: number, datagrams: Uint8Array[]): number
}
