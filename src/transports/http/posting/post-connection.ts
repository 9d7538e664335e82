import type { Socket } from 'node:net'
import { reason } from '../../../core/reasons/reason.js'
import { meaningOf } from '../../net/dial-error.js'
import type { NativeStreamParts } from '../../streams/native-stream-parts.js'
import type { Lost, Post, PostCarrier, PostUser } from './post.js'
import { readInto } from './read-into.js'
import { ResponseParser } from './response-parser.js'

/** Bytes up to which a request is joined into one piece of memory: cheaper than to have the kernel gather it. */
const JOINED = 4 * 1024

/** A connection of HTTP/1.1, by which one post after another is made. */
export class PostConnection implements PostCarrier {
  readonly #socket: Socket
  readonly #who: string
  readonly #freed: (connection: PostConnection) => void
  readonly #gone: (connection: PostConnection) => void
  #user: PostUser | undefined
  #parser: ResponseParser | undefined
  #isReused = false

  /**
   * @param who Who answers, in words.
   * @param native Where what comes is read to; Node's own memory if absent.
   * @param freed Told whenever another post may be made.
   * @param gone Told when none can be any more.
   * @throws QanatError ERR_NATIVE if the connection is gone already, or no descriptor is left.
   */
  constructor(
    opened: Socket,
    who: string,
    native: NativeStreamParts | undefined,
    freed: (connection: PostConnection) => void,
    gone: (connection: PostConnection) => void,
  ) {
    this.#who = who
    this.#freed = freed
    this.#gone = gone
    const socket = readInto(native, opened, (bytes) => this.#read(bytes))
    this.#socket = socket
    socket.on('end', () => this.#end())
    socket.on('error', (error: NodeJS.ErrnoException) => this.#failed(error))
    socket.on('close', () => this.#end())
  }

  /** Makes a post. The answer before has to be whole. */
  post(post: Post, user: PostUser): void {
    const socket = this.#socket
    const { body } = post
    const head = headOf(post)
    this.#user = user
    this.#parser = new ResponseParser(user, this.#who)
    const length = body.reduce((sum, part) => sum + part.length, head.length)
    const first = Buffer.from(head, 'latin1')
    if (length <= JOINED) {
      socket.write(Buffer.concat([first, ...body], length))
      return
    }
    socket.cork()
    socket.write(first)
    for (const part of body) socket.write(part)
    socket.uncork()
  }

  giveUp(user: PostUser): void {
    if (this.#user === user) this.destroy()
  }

  destroy(): void {
    this.#user = undefined
    this.#socket.destroy()
    this.#gone(this)
  }

  #read(bytes: Buffer): void {
    const parser = this.#parser
    if (this.#user === undefined || parser === undefined) {
      this.destroy()
      return
    }
    if (!parser.hasBegun) this.#user.began()
    parser.push(bytes)
    if (parser.bad !== undefined) this.#lose({ why: parser.bad })
    else if (parser.isWhole) this.#over()
  }

  /** The answer is whole. */
  #over(): void {
    const user = this.#user
    if (user === undefined) return // given up while it told of the last bytes
    this.#user = undefined
    // One that answers before all was written may take the rest for a request.
    if (this.#parser!.isPersistent && this.#socket.writableLength === 0) {
      this.#isReused = true
      this.#freed(this)
    } else this.destroy()
    user.ended()
  }

  #end(): void {
    const parser = this.#parser
    parser?.end()
    if (parser?.isWhole === true) this.#over()
    else if (parser?.hasBegun === true) this.#lose({ why: reason('post-cut') })
    else
      this.#lose({
        why: reason('post-closed', { who: this.#who }),
        wasClosed: true,
        wasStale: this.#isReused,
      })
    this.destroy()
  }

  #failed(error: NodeJS.ErrnoException): void {
    const wasClosed = isEnd(error) && this.#parser?.hasBegun !== true
    const why = reason('post-broken', { why: meaningOf(error).text })
    this.#lose({ why, wasClosed, wasStale: wasClosed && this.#isReused })
  }

  #lose(lost: Lost): void {
    const user = this.#user
    this.destroy()
    user?.broke(lost)
  }
}

function headOf({ fields, target }: Post): string {
  const lines = Array.from(fields.values(), ([name, value]) => `${name}: ${value}`)
  return `POST ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}

function isEnd({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE'
}
