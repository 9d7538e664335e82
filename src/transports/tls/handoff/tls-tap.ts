import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { asError } from '../../../core/api/errors.js'
import { CONTENT } from '../record.js'
import { RecordSplitter } from './record-splitter.js'

/** Bytes of sealed records kept in each direction: those of a handshake, of a request and of its answer. */
const MAX_KEPT = 32 * 1024
/** Records kept in both directions: a small one costs many times its length. A handshake and a request have about ten. */
const MAX_RECORDS = 64

type Done = (error?: Error | null) => void

/** Sealed records that went one way. */
export interface SealedRecords {
  readonly incoming: readonly Buffer[]
  readonly outgoing: readonly Buffer[]
}

/**
 * Stands between Node's TLS and its connection until that is taken over, and keeps a copy of all sealed records.
 * It passes incoming ones on whole and one at a time, so Node never has a part of one, nor one too many, when it is
 * stopped.
 */
export class TlsTap extends Duplex {
  /** What carries it. */
  readonly socket: Socket
  readonly #onRecord: (record: Buffer) => void
  readonly #incoming = new RecordSplitter()
  readonly #outgoing = new RecordSplitter()
  #kept: { incoming: Buffer[]; outgoing: Buffer[] } | undefined = { incoming: [], outgoing: [] }
  #keptBytes = 0
  #keptRecords = 0
  /** What came and was not passed on yet: whole records as long as they are kept. */
  readonly #waiting: Buffer[] = []
  #isStopped = false
  #isTaken = false

  /** @param onRecord Is called with each record before Node is. */
  constructor(socket: Socket, onRecord: (record: Buffer) => void = () => {}) {
    super({ allowHalfOpen: socket.allowHalfOpen })
    this.socket = socket
    this.#onRecord = onRecord
    socket.on('data', this.#receive)
    socket.once('end', () => this.push(null))
    socket.on('error', (error) => this.destroy(error))
    socket.once('close', () => this.destroy())
  }

  /** The sealed records so far, or undefined if there were too many, or if it is not TLS. */
  get records(): SealedRecords | undefined {
    return this.#kept
  }

  /** Passes nothing on from now on, also if called while a record is passed on. */
  stop(): void {
    this.#isStopped = true
    this.socket.pause()
  }

  /** Passes bytes on again, and keeps no more records; what waits comes after this returns. */
  goOn(): void {
    this.#isStopped = false
    this.#keepNoMore()
    setImmediate(() => {
      this.#guard(() => this.#handOn())
      this.socket.resume()
    })
  }

  /**
   * Ends between Node's TLS and the connection: what the one still says is not sent, and the other goes on.
   * Returns what came and was not passed on.
   */
  handOff(): Buffer[] {
    this.#isTaken = true
    this.socket.removeListener('data', this.#receive)
    this.#keepNoMore()
    return this.#waiting
  }

  override _read(): void {
    if (!this.#isStopped) this.socket.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    if (this.#isTaken) {
      done()
      return
    }
    if (this.#kept !== undefined) {
      const records = this.#outgoing.push(chunk)
      if (records === undefined) this.#keepNoMore()
      else for (const record of records) this.#keep('outgoing', record)
    }
    this.socket.write(chunk, done)
  }

  override _final(done: Done): void {
    if (this.#isTaken) done()
    else this.socket.end(done)
  }

  override _destroy(error: Error | null, done: Done): void {
    if (!this.#isTaken) this.socket.destroy()
    done(error)
  }

  readonly #receive = (chunk: Buffer): void => this.#guard(() => this.#take(chunk))

  /** What an event throws costs the connection, and nothing else. */
  #guard(deal: () => void): void {
    try {
      deal()
    } catch (thrown) {
      this.destroy(asError(thrown))
    }
  }

  #take(chunk: Buffer): void {
    if (this.#kept === undefined) this.#waiting.push(chunk)
    else {
      const records = this.#incoming.push(chunk)
      if (records === undefined) this.#keepNoMore()
      else this.#waiting.push(...records)
    }
    this.#handOn()
  }

  #handOn(): void {
    let wantsMore = true
    while (!this.#isStopped && this.#waiting.length > 0) {
      const record = this.#waiting.shift()!
      if (this.#kept !== undefined) {
        this.#onRecord(record)
        this.#keep('incoming', record)
      }
      wantsMore = this.push(record)
    }
    if (!wantsMore) this.socket.pause()
  }

  #keep(way: 'incoming' | 'outgoing', record: Buffer): void {
    if (record[0] !== CONTENT.data || this.#kept === undefined) return
    this.#kept[way].push(record)
    this.#keptBytes += record.length
    if (++this.#keptRecords > MAX_RECORDS || this.#keptBytes > MAX_KEPT) this.#keepNoMore()
  }

  /** From now on bytes are passed on as they come. */
  #keepNoMore(): void {
    if (this.#kept === undefined) return
    this.#kept = undefined
    const rest = this.#incoming.takeRest()
    if (rest !== undefined) this.#waiting.push(rest)
  }
}
