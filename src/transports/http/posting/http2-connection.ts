import { STATUS_CODES } from 'node:http'
import http2, {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2'
import type { Socket } from 'node:net'
import { asError } from '../../../core/api/errors.js'
import { type Reason, reason } from '../../../core/reasons/reason.js'
import { meaningOf } from '../../net/dial-error.js'
import type { HttpAnswer } from '../../proxy/http-head.js'
import type { Lost, Post, PostCarrier, PostUser } from './post.js'
import { MAX_HEADER_BYTES } from './response-parser.js'

/** Bytes that may be on their way down, by one answer and by all: more than a server has unacknowledged. */
const WINDOW = 2 * 1024 * 1024
/** Fields of an answer. */
const MAX_FIELDS = 128
/** Answers of 100 to 199 before the one that counts. */
const MAX_INTERIM = 8
/** Posts that a server has to take at a time, and how many of them are to ask for data. */
const LEAST_STREAMS = 6
const FOR_DATA = 5
/** Bytes that are told at once of what came by one read: no frame has more. RFC 9113 section 4.2 */
const JOINED_BYTES = 64 * 1024
const HTTP_VERSION_NOT_SUPPORTED = 505
/** Fields that are about a connection of HTTP/1.1, or said in another way. RFC 9113 sections 8.2.2, 8.3.1 */
const NOT_PASSED: ReadonlySet<string> = new Set([
  ...['connection', 'host', 'http2-settings', 'keep-alive', 'proxy-connection', 'te', 'transfer-encoding'],
  'upgrade',
])
const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } = http2.constants
/** By what a server resets a post that it does not answer though nothing is wrong with it, as when it ends. */
const UNANSWERED: ReadonlySet<number | undefined> = new Set([
  ...[NGHTTP2_CANCEL, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM],
])
/** Names of errors, by their codes. RFC 9113 section 7 */
const ERROR_NAMES = [
  ...['NO_ERROR', 'PROTOCOL_ERROR', 'INTERNAL_ERROR', 'FLOW_CONTROL_ERROR', 'SETTINGS_TIMEOUT'],
  ...['STREAM_CLOSED', 'FRAME_SIZE_ERROR', 'REFUSED_STREAM', 'CANCEL', 'COMPRESSION_ERROR', 'CONNECT_ERROR'],
  ...['ENHANCE_YOUR_CALM', 'INADEQUATE_SECURITY', 'HTTP_1_1_REQUIRED'],
]

/** A post under way. */
interface Asked {
  readonly stream: ClientHttp2Stream
  readonly unfit: (lost: Lost) => void
  readonly lasts: boolean
  /** How often something had come when it was made. */
  readonly heard: number
  /** What came of its body by one read of the connection, in frames. */
  readonly parts: Uint8Array[]
  hasBegun: boolean
}

/** A connection of HTTP/2 (RFC 9113), by which many posts are made at a time. What it is opened over, and by whom it is proven, is others' matter. */
export class Http2Connection implements PostCarrier {
  /** Whether an answer came by it. */
  hasServed = false
  /** Whether the server takes fewer posts at a time than it has to: another connection will not do either. */
  takesTooFew = false
  readonly #session: ClientHttp2Session
  readonly #socket: Socket
  readonly #who: string
  readonly #gone: (connection: Http2Connection) => void
  readonly #asked = new Map<PostUser, Asked>()
  readonly #memory = Buffer.allocUnsafeSlow(JOINED_BYTES)
  /** How often something came. */
  #heard = 0
  #isRetired = false
  #isGone = false
  /** Why it ended. */
  #error: Error | undefined

  /**
   * @param socket Connected, and HTTP/2 agreed on.
   * @param who Who answers, in words.
   * @param gone Told when no post can be made by it any more, and none is under way.
   */
  constructor(socket: Socket, who: string, gone: (connection: Http2Connection) => void) {
    this.#socket = socket
    this.#who = who
    this.#gone = gone
    this.#session = http2.connect('https://posts', {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: WINDOW, maxHeaderListSize: MAX_HEADER_BYTES },
      maxHeaderListPairs: MAX_FIELDS,
    })
    this.#session.once('connect', () => this.#session.setLocalWindowSize(WINDOW))
    this.#session.on('error', (error) => {
      this.#error = error
    })
    this.#session.once('close', () => this.#over())
    this.#session.on('remoteSettings', ({ maxConcurrentStreams = LEAST_STREAMS }) => {
      if (maxConcurrentStreams >= LEAST_STREAMS) return
      this.takesTooFew = true
      this.#unfit({ why: broken('it takes too few requests at a time by HTTP/2') })
    })
  }

  /** Whether another post may be made by it. */
  get isOpen(): boolean {
    return !(this.#isRetired || this.#session.closed || this.#session.destroyed)
  }

  /** Whether an answer is under way that goes on for long. */
  get hasLasting(): boolean {
    for (const { lasts } of this.#asked.values()) if (lasts) return true
    return false
  }

  /** How many posts of data it takes at a time, besides those that ask for data. */
  get together(): number {
    const { maxConcurrentStreams = LEAST_STREAMS } = this.#session.remoteSettings
    return Math.max(1, maxConcurrentStreams - FOR_DATA)
  }

  post(post: Post, user: PostUser, unfit: (lost: Lost) => void): void {
    let stream: ClientHttp2Stream
    try {
      stream = this.#session.request(fieldsOf(post), { endStream: false })
    } catch (thrown) {
      // A field may be one that HTTP/2 does not have.
      process.nextTick(() => user.broke({ why: broken(asError(thrown).message) }))
      return
    }
    const asked: Asked = { stream, unfit, lasts: post.lasts, heard: this.#heard, parts: [], hasBegun: false }
    this.#asked.set(user, asked)
    this.#listen(asked, user)
    stream.cork()
    for (const part of post.body) stream.write(part)
    stream.end()
  }

  giveUp(user: PostUser): void {
    const asked = this.#asked.get(user)
    if (asked === undefined) return
    // Nothing came by it meanwhile, of whatever post: the network may be gone without a word.
    if (asked.heard === this.#heard) this.#isRetired = true
    this.#forget(user)
    asked.stream.close(NGHTTP2_CANCEL)
  }

  /** Another one takes its place: it ends once its answers have ended. */
  retire(): void {
    this.#isRetired = true
    if (this.#asked.size === 0) this.destroy()
  }

  destroy(): void {
    this.#asked.clear()
    this.#session.destroy()
    this.#socket.destroy()
    this.#over()
  }

  #listen(asked: Asked, user: PostUser): void {
    const { stream } = asked
    let interim = 0
    let hasHead = false
    let left: number | undefined
    const isAwaited = () => this.#asked.get(user) === asked
    const pass = () => {
      for (const bytes of this.#joined(asked.parts.splice(0))) if (isAwaited()) user.body(bytes)
    }
    const began = () => {
      this.#heard++
      if (asked.hasBegun || !isAwaited()) return
      asked.hasBegun = true
      user.began()
    }
    stream.on('headers', () => {
      began()
      if (++interim <= MAX_INTERIM || !isAwaited()) return
      this.giveUp(user)
      user.broke({
        why: reason('post-not-http', { who: this.#who, code: `more than ${MAX_INTERIM} interim answers` }),
      })
    })
    stream.on('response', (headers) => {
      began()
      if (!isAwaited()) return
      const answer = answerOf(headers)
      if (answer.status === HTTP_VERSION_NOT_SUPPORTED && !this.hasServed) {
        this.#unfit({ why: broken('it answers HTTP/2 by 505') })
        return
      }
      this.hasServed = true
      hasHead = true
      const [length] = answer.header('content-length')
      left = length === undefined ? undefined : Number(length)
      user.head(answer)
    })
    stream.on('data', (bytes: Buffer) => {
      this.#heard++
      if (left !== undefined) left -= bytes.length
      if (isAwaited() && asked.parts.push(bytes) === 1) process.nextTick(pass)
    })
    stream.on('end', () => {
      pass()
      // Also comes if it was reset, or the connection ended.
      if (!isAwaited() || !hasHead || stream.rstCode !== NGHTTP2_NO_ERROR || (left ?? 0) !== 0) return
      if (!stream.writableFinished) stream.close(NGHTTP2_CANCEL) // it answered before it had read all
      this.#forget(user)
      user.ended()
    })
    stream.on('error', () => {}) // closing follows
    stream.on('close', () => {
      pass()
      if (!isAwaited()) return
      const lost = this.#lost(asked)
      if (!(this.hasServed || asked.hasBegun)) {
        this.#unfit(lost)
        return
      }
      this.#forget(user)
      user.broke(lost)
    })
  }

  /** Parts in few pieces, lent until the next call: who gets them pays for each piece. */
  *#joined(parts: readonly Uint8Array[]): Iterable<Uint8Array> {
    let filled = 0
    for (const part of parts) {
      if (filled + part.length > JOINED_BYTES) {
        yield this.#memory.subarray(0, filled)
        filled = 0
      }
      this.#memory.set(part, filled)
      filled += part.length
    }
    if (filled > 0) yield this.#memory.subarray(0, filled)
  }

  /** It does not serve: all posts are to be made in another way. */
  #unfit(lost: Lost): void {
    const all = [...this.#asked.values()]
    this.destroy()
    for (const { unfit } of all) unfit(lost)
  }

  #forget(user: PostUser): void {
    this.#asked.delete(user)
    if (this.#isRetired && this.#asked.size === 0) setImmediate(() => this.destroy()) // what ended may say so yet
  }

  #lost({ hasBegun, stream }: Asked): Lost {
    if (hasBegun) return { why: reason('post-cut') }
    const { rstCode } = stream
    if (UNANSWERED.has(rstCode)) this.#isRetired = true // the next one may be refused, too
    if (this.isOpen)
      return { why: broken(`it was reset by HTTP/2's ${ERROR_NAMES[rstCode ?? 0] ?? rstCode}`) }
    const why =
      this.#error === undefined
        ? reason('post-closed', { who: this.#who })
        : broken(meaningOf(this.#error).text)
    return { why, wasClosed: true, wasStale: this.hasServed }
  }

  #over(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#isRetired = true
    this.#gone(this)
  }
}

function broken(why: string): Reason {
  return reason('post-broken', { why })
}

function fieldsOf({ fields, target }: Post): http2.OutgoingHttpHeaders {
  const own = Array.from(fields).filter(([name]) => !NOT_PASSED.has(name))
  return {
    ':method': 'POST',
    ':scheme': 'https',
    ':authority': fields.get('host')?.[1],
    ':path': target,
    ...Object.fromEntries(own.map(([name, [, value]]) => [name, value])),
  }
}

function answerOf(headers: IncomingHttpHeaders & IncomingHttpStatusHeader): HttpAnswer {
  const status = headers[':status'] ?? 0
  return {
    status,
    reason: STATUS_CODES[status] ?? '',
    header: (name) => [headers[name] ?? []].flat(),
    persistent: true,
  }
}
