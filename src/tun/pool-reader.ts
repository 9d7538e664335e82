import fs from 'node:fs'
import { HEADROOM, MAX_PACKET, type Packet, TAILROOM } from '../core/api/packet.js'
import type { PacketReader, PacketReaderHandlers } from './packet-reader.js'

/** Reads the descriptor in a thread of libuv's pool, which brings one packet at a time. */
export class PoolReader implements PacketReader {
  readonly #descriptor: number
  readonly #release: () => Promise<void>
  readonly #input = new Uint8Array(HEADROOM + MAX_PACKET + TAILROOM)
  readonly #packet: Packet = { bytes: this.#input, segmentSize: 0, checksum: 'full' }
  #handlers: PacketReaderHandlers | undefined
  #reading = false
  #paused = false
  #closing: Promise<void> | undefined

  /** @param release Wakes the thread that is blocked in read(), and closes the descriptor. */
  constructor(descriptor: number, release: () => Promise<void>) {
    this.#descriptor = descriptor
    this.#release = release
  }

  start(handlers: PacketReaderHandlers): void {
    this.#handlers = handlers
    this.#read()
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    if (this.#handlers !== undefined) this.#read()
  }

  close(): Promise<void> {
    this.#closing ??= this.#release()
    return this.#closing
  }

  #read(): void {
    if (this.#reading || this.#paused || this.#closing !== undefined) return
    this.#reading = true
    fs.read(this.#descriptor, this.#input, HEADROOM, MAX_PACKET, null, this.#wasRead)
  }

  readonly #wasRead = (error: Error | null, length: number): void => {
    this.#reading = false
    if (this.#closing !== undefined) return
    if (error !== null) {
      this.#handlers?.failed(error)
      return
    }
    this.#packet.bytes = this.#input.subarray(HEADROOM, HEADROOM + length)
    this.#handlers?.receive([this.#packet])
    this.#read()
  }
}
