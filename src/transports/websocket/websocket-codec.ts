import { emptyList } from '../../core/bytes/clear-list.js'
import { part } from '../../core/bytes/views.js'
import type { Clock } from '../../core/time/clock.js'
import type { StreamOutput } from '../../native/sockets/stream-output.js'
import type { FrameCodec } from '../streams/frame-codec.js'
import { MAX_FRAMED } from '../streams/framing.js'
import { closedBy } from './frames/closed.js'
import { FragmentedMessage } from './frames/fragmented-message.js'
import {
  CLOSE_CODE,
  controlFrame,
  type FrameHeader,
  headerBytes,
  MASK_BYTES,
  MAX_HEADER,
  OPCODE,
  readHeader,
  writeHeader,
} from './frames/frame-header.js'
import { copyMasked, generateMask, nextMask, unmaskBehind } from './frames/mask.js'

const EMPTY = new Uint8Array(0)
/** Bytes of the code in a frame that closes; words follow. */
const CODE_BYTES = 2

/** Frames of a WebSocket that was opened already: one binary message per datagram. RFC 6455 section 5 */
export class WebSocketCodec implements FrameCodec {
  readonly overhead = MAX_HEADER
  readonly answers = emptyList<Uint8Array>()
  ended: 'closed' | string | Error | undefined
  dropped = 0
  /** Called if whoever reads the messages closes since one was too large. */
  refused: (() => void) | undefined
  /** The URL that was dialled, without whose secrets it is told why the remote closes; undefined if none was. */
  dialled: URL | undefined
  /** Bytes to come of a frame that is not kept. */
  #skip = 0
  readonly #isClient: boolean
  readonly #clock: Pick<Clock, 'now'>
  readonly #header: FrameHeader = {
    final: true,
    reserved: false,
    opcode: 0,
    masked: false,
    length: 0,
    bytes: 0,
  }
  readonly #fragments = new FragmentedMessage()

  /**
   * @param isClient Whether this end dialled: then it masks, and the remote does not.
   * @param clock Is asked where a message comes in fragments.
   */
  constructor(isClient: boolean, clock: Pick<Clock, 'now'>) {
    this.#isClient = isClient
    this.#clock = clock
  }

  get keeps(): number {
    return this.#fragments.keeps
  }

  set keeps(bytes: number) {
    this.#fragments.keeps = bytes
  }

  get goodbye(): Uint8Array {
    return this.#control(OPCODE.close, CLOSE_CODE.normal)
  }

  write(output: StreamOutput, datagram: Uint8Array): void {
    const isClient = this.#isClient
    const { memory, view } = output
    const { length } = datagram
    const header = headerBytes(length, isClient)
    const at = output.copy(isClient ? header + length : header)
    writeHeader(memory, at, OPCODE.binary, length, isClient)
    if (!isClient) {
      output.add(datagram)
      return
    }
    const mask = nextMask()
    view.setInt32(at + header - MASK_BYTES, mask, true)
    copyMasked(datagram, mask, memory, view, at + header)
  }

  read(bytes: Uint8Array, from: number, end: number, datagrams: Uint8Array[]): number {
    const header = this.#header
    let at = from + Math.min(this.#skip, end - from)
    this.#skip -= at - from
    while (this.ended === undefined && readHeader(bytes, at, end, header)) {
      const fault = this.#fault()
      if (fault !== undefined) {
        this.#refuse(fault.code, fault.why)
        break
      }
      const body = at + header.bytes
      const next = body + header.length
      if (next > end && header.length > this.keeps) {
        this.#skip = next - end
        this.dropped++
        return end
      }
      if (next > end) break
      const payload = part(bytes, body, next)
      if (header.masked) unmaskBehind(bytes, body, payload)
      this.#take(payload, datagrams)
      at = next
    }
    return at
  }

  /** What is wrong with the header that was read. */
  #fault(): { code: number; why: string } | undefined {
    const { final, reserved, opcode, masked, length } = this.#header
    if (length > MAX_FRAMED) return { code: CLOSE_CODE.tooBig, why: `it sent more than ${MAX_FRAMED} bytes` }
    if (masked === this.#isClient)
      return { code: CLOSE_CODE.protocol, why: 'it did not mask as RFC 6455 says' }
    if (reserved) return { code: CLOSE_CODE.protocol, why: 'it set a reserved bit' }
    if (opcode >= OPCODE.close && !(final && length < 126)) {
      return { code: CLOSE_CODE.protocol, why: 'it sent a control frame that is none' }
    }
    return undefined
  }

  #take(payload: Uint8Array, datagrams: Uint8Array[]): void {
    const { final, opcode } = this.#header
    if (opcode === OPCODE.binary && final && !this.#fragments.begun) {
      if (payload.length > 0) datagrams.push(payload)
    } else if (opcode === OPCODE.binary || opcode === OPCODE.continuation) {
      this.#assemble(payload, datagrams)
    } else if (opcode === OPCODE.ping) this.answers[0] = this.#control(OPCODE.pong, payload)
    else if (opcode === OPCODE.close) this.#closed(payload)
    else if (opcode === OPCODE.text) this.#refuse(CLOSE_CODE.unsupported, 'it sent text')
    else if (opcode !== OPCODE.pong) this.#refuse(CLOSE_CODE.protocol, `it sent a frame of type ${opcode}`)
  }

  #assemble(fragment: Uint8Array, datagrams: Uint8Array[]): void {
    const { bytes, final, opcode } = this.#header
    const whole = this.#fragments.add(fragment, bytes + fragment.length, {
      first: opcode === OPCODE.binary,
      last: final,
      now: this.#clock.now(),
    })
    if (typeof whole === 'string') this.#refuse(CLOSE_CODE.protocol, whole)
    else if (whole !== undefined && whole.length > 0) datagrams.push(whole)
  }

  #closed(payload: Uint8Array): void {
    if (payload.length === 1) {
      this.#refuse(CLOSE_CODE.protocol, 'it closed with half a code')
      return
    }
    const code = payload.length === 0 ? CLOSE_CODE.normal : (payload[0]! << 8) | payload[1]!
    this.answers[0] = this.#control(OPCODE.close, CLOSE_CODE.normal)
    if (code === CLOSE_CODE.tooBig) this.refused?.()
    this.ended = closedBy(code, payload.subarray(CODE_BYTES), this.dialled) ?? 'closed'
  }

  #refuse(code: number, why: string): void {
    this.answers[0] = this.#control(OPCODE.close, code)
    this.ended = why
  }

  #control(opcode: number, content: number | Uint8Array): Uint8Array {
    const payload = typeof content === 'number' ? Uint8Array.of(content >>> 8, content) : content
    if (!this.#isClient) return controlFrame(opcode, payload, EMPTY)
    const mask = Buffer.alloc(MASK_BYTES)
    generateMask(mask)
    const frame = controlFrame(opcode, payload, mask)
    const at = frame.length - payload.length
    unmaskBehind(frame, at, frame.subarray(at))
    return frame
  }
}
