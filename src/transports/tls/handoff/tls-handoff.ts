import fs from 'node:fs'
import type { TLSSocket } from 'node:tls'
import type { Clock } from '../../../core/time/clock.js'
import { type DetachedSocket, detachSocket } from '../../../native/sockets/detach-socket.js'
import { RecordKey } from '../record-key.js'
import { RecordReader } from '../record-reader.js'
import { SUITES, type Suite } from '../suites.js'
import type { TlsMemory } from '../tls-memory.js'
import { TlsRecords } from '../tls-records.js'
import { forgetSecrets, type Tapped, tappedOf } from './taps.js'

/** What ends the head of an HTTP message. */
const END_OF_HEAD = Buffer.from('\r\n\r\n')
/** Turns of the event loop in which what was written has to be with the kernel. */
const MAX_TURNS = 100

/** What taking a connection over needs of what links on bare descriptors share. */
export interface TlsHandoffParts {
  readonly memory: TlsMemory
  /** Offset in the arena of what is opened, with room before it; not in use between two calls. */
  readonly inputAt: number
  readonly clock: Pick<Clock, 'now'>
}

/** A connection with its record layer, which Node gave away. */
export interface TlsHandoff extends DetachedSocket {
  readonly records: TlsRecords
}

/** Whether `handOffTls` may be tried. Where not, Node goes on with the connection. */
export function canHandOff(socket: TLSSocket): boolean {
  const connection = tappedOf(socket)
  if (connection === undefined) return false
  const isKnown = socket.getProtocol() === 'TLSv1.3' && socket.getCipher().name in SUITES
  if (isKnown && connection.tap.records !== undefined) return true
  giveUp(connection)
  return false
}

/**
 * Takes a TLS 1.3 connection over from Node, right behind the heads of an HTTP request and its answer. Keys come
 * from Node's key log; which records they are for is found by opening those that were seen. Undefined if that
 * proves nothing, as after a KeyUpdate: Node goes on with the connection then.
 *
 * Until the promise is settled nobody reads or writes the socket.
 *
 * @throws QanatError ERR_NATIVE if the connection ended meanwhile.
 */
export async function handOffTls(
  shared: TlsHandoffParts,
  socket: TLSSocket,
): Promise<TlsHandoff | undefined> {
  const connection = tappedOf(socket)!
  const suite = SUITES[socket.getCipher().name]!
  const { tap, secrets } = connection
  tap.stop()
  socket.pause()
  await written(socket, connection)
  const state = stateOf(shared, connection, suite, socket.readableLength)
  if (state === undefined) {
    giveUp(connection)
    socket.resume()
    return undefined
  }
  forgetSecrets(secrets)
  const waiting = tap.handOff()
  let taken: DetachedSocket | undefined
  try {
    taken = detachSocket(shared.memory.native.sockets, tap.socket)
    state.records.reader.keep(Buffer.concat([...waiting, ...taken.unread]))
    return { fd: taken.fd, ...state }
  } catch (thrown) {
    if (taken !== undefined) fs.closeSync(taken.fd)
    tap.socket.destroy()
    state.records.erase()
    throw thrown
  }
}

/** Leaves the connection to Node. */
function giveUp({ tap, secrets }: Tapped): void {
  forgetSecrets(secrets)
  tap.goOn()
}

/** Resolves once the kernel has what was written, which is the head of an answer at the most. */
async function written(socket: TLSSocket, { tap }: Tapped): Promise<void> {
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    if (socket.writableLength + tap.writableLength + tap.socket.writableLength === 0) return
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/**
 * The record layer as it is now, and what was opened and not read yet, of which the length is known; undefined
 * where they are not proven.
 */
function stateOf(
  shared: TlsHandoffParts,
  { tap, secrets, isClient }: Tapped,
  suite: Suite,
  unreadLength: number,
): Omit<TlsHandoff, 'fd'> | undefined {
  const { records } = tap
  const { client, server } = secrets
  if (records === undefined || client === undefined || server === undefined) return undefined
  if (tap.readableLength + tap.writableLength + tap.socket.writableLength > 0) return undefined
  const [ours, theirs] = isClient ? [client, server] : [server, client]
  const received = replay(shared, { suite, secret: theirs, isClient }, records.incoming)
  const sent = received && replay(shared, { suite, secret: ours, isClient: !isClient }, records.outgoing)
  const read = (received?.content.length ?? 0) - unreadLength
  const isWhole =
    received !== undefined &&
    sent !== undefined &&
    endsWith(sent.content, END_OF_HEAD) &&
    read > 0 &&
    endsWith(received.content.subarray(0, read), END_OF_HEAD)
  if (isWhole) {
    const records = new TlsRecords({
      memory: shared.memory,
      clock: shared.clock,
      isClient,
      receiving: received.key,
      sending: sent.key,
    })
    return { records, unread: [received.content.subarray(read)] }
  }
  received?.key.erase()
  sent?.key.erase()
  return undefined
}

/** What one direction is sealed with. */
interface Direction {
  readonly suite: Suite
  readonly secret: Uint8Array
  /** Whether the one that receives it is the client. */
  readonly isClient: boolean
}

/**
 * Opens the records of one direction from the first one on that is under the key of its data. Those before belong
 * to the handshake. Undefined if one does not open, or if keys changed.
 */
function replay(
  { clock, memory, inputAt }: TlsHandoffParts,
  { suite, secret, isClient }: Direction,
  records: readonly Buffer[],
): { key: RecordKey; content: Buffer } | undefined {
  const key = new RecordKey(memory, suite, secret)
  for (let first = 0; first < records.length; first++) {
    const reader = new RecordReader(memory, key, isClient, clock)
    const length = reader.take(Buffer.concat(records.slice(first)), inputAt)
    if (key.sequence === 0) continue
    const isWhole = reader.ended === undefined && reader.isBetweenMessages && reader.keyUpdates === 0
    if (!isWhole) break
    const content = memory.native.arena.bytes.slice(inputAt, inputAt + Math.max(0, length))
    return { key, content: Buffer.from(content.buffer) }
  }
  key.erase()
  return undefined
}

function endsWith(bytes: Buffer, end: Buffer): boolean {
  return bytes.length >= end.length && bytes.subarray(bytes.length - end.length).equals(end)
}
