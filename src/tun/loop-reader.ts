import net from 'node:net'
import { MAX_PACKET } from '../core/api/packet.js'
import { part } from '../core/bytes/views.js'
import { PacketBatch } from './packet-batch.js'
import type { PacketReader, PacketReaderHandlers } from './packet-reader.js'

/** What is used of Node's class Pipe, a stream of libuv's. */
interface Pipe {
  /** Takes over a descriptor and makes it non-blocking. 0, or an error's number. */
  open(descriptor: number): number
  close(): void
}

/**
 * Lets libuv's loop read the descriptor when something is there, as it does a socket's: several times faster than a thread
 * of its pool. Each turn of the loop reads one packet; those of turns in a row go on as one batch.
 */
export class LoopReader implements PacketReader {
  readonly #socket: net.Socket
  readonly #batch = new PacketBatch()
  readonly #closed: Promise<void>
  #handlers: PacketReaderHandlers | undefined
  /** Packets that the batch had at the last look. */
  #seen = 0
  #looking = false
  #paused = false

  /**
   * Takes over the descriptor of a TUN device.
   *
   * @throws Error if this Node cannot do it; then the descriptor is as it was.
   */
  constructor(descriptor: number) {
    this.#socket = readingSocket(openPipe(descriptor), (length, bytes) => this.#take(length, bytes))
    this.#socket.on('error', (error) => this.#handlers?.failed(error))
    this.#closed = new Promise((resolve) => this.#socket.once('close', () => resolve()))
  }

  start(handlers: PacketReaderHandlers): void {
    this.#handlers = handlers
    this.#socket.resume()
  }

  pause(): void {
    this.#paused = true
    this.#socket.pause()
  }

  resume(): void {
    if (!this.#paused || this.#socket.destroyed) return
    this.#paused = false
    if (this.#batch.packets.length > 0) this.#lookLater()
    this.#socket.resume()
  }

  close(): Promise<void> {
    this.#socket.destroy()
    return this.#closed
  }

  #take(length: number, bytes: Uint8Array): void {
    this.#batch.take(length).bytes.set(part(bytes, 0, length))
    if (this.#batch.full) this.#deliver()
    else this.#lookLater()
  }

  #lookLater(): void {
    if (this.#looking) return
    this.#looking = true
    setImmediate(this.#look)
  }

  /** Hands the batch over when a turn of the loop brought nothing more. */
  readonly #look = (): void => {
    this.#looking = false
    const { packets } = this.#batch
    if (packets.length === 0 || this.#paused) return
    if (packets.length === this.#seen) this.#deliver()
    else this.#lookLater()
    this.#seen = packets.length
  }

  #deliver(): void {
    if (!this.#socket.destroyed) this.#handlers?.receive(this.#batch.packets)
    this.#batch.clear()
    this.#seen = 0
  }
}

/** A stream of libuv's on any descriptor that can be polled; Node's documented APIs take sockets, pipes and terminals only. */
function openPipe(descriptor: number): Pipe {
  const { binding } = process as unknown as {
    binding(name: 'pipe_wrap'): { Pipe: new (type: number) => Pipe; constants: { SOCKET: number } }
  }
  const { Pipe, constants } = binding('pipe_wrap')
  const pipe = new Pipe(constants.SOCKET)
  const error = pipe.open(descriptor)
  if (error === 0) return pipe
  pipe.close()
  throw new Error(`Cannot poll descriptor ${descriptor}: ${error}`)
}

/** A paused socket that reads always into the same memory. */
function readingSocket(handle: Pipe, read: (length: number, bytes: Uint8Array) => void): net.Socket {
  const onread = {
    buffer: new Uint8Array(MAX_PACKET),
    callback(length: number, bytes: Uint8Array) {
      read(length, bytes)
      return true // go on reading
    },
  }
  const options = { handle, onread, pauseOnCreate: true }
  return new net.Socket(options as net.SocketConstructorOpts)
}
