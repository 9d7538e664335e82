import type { Socket } from 'node:net'
import { reason } from '../../../core/reasons/reason.js'
import { meaningOf } from '../../net/dial-error.js'
import type { NativeStreamParts } from '../../streams/native-stream-parts.js'
import { PostConnection, type PostUser } from './post-connection.js'

/** Who makes a post. */
export interface Poster extends PostUser {
  /** It is on its way, by a connection that is open. */
  sent(): void
}

/**
 * The connections to one server, each used again once its answer is whole. As many as there were posts at one time. Node's own
 * client makes a request and an answer with some twenty listeners for each post, and calls for each chunk of an answer.
 */
export class PostConnections {
  readonly #open: (signal: AbortSignal) => Promise<Socket>
  readonly #who: string
  readonly #native: NativeStreamParts | undefined
  readonly #all = new Set<PostConnection>()
  /** The one that was used last is used next: others may come to idle for too long. */
  readonly #idle: PostConnection[] = []
  readonly #closed = new AbortController()

  /**
   * @param who Who answers, in words.
   * @param native Where what comes is read to; Node's own memory if absent.
   */
  constructor(
    open: (signal: AbortSignal) => Promise<Socket>,
    who: string,
    native: NativeStreamParts | undefined,
  ) {
    this.#open = open
    this.#who = who
    this.#native = native
  }

  /** Makes a post. Returns the function that gives it up without a word. */
  post(head: string, body: readonly Uint8Array[], poster: Poster): () => void {
    let connection = this.#idle.pop()
    let isGivenUp = false
    const begin = (on: PostConnection) => {
      on.post(head, body, poster)
      poster.sent()
    }
    const connected = (opened: PostConnection) => {
      connection = opened
      if (isGivenUp) this.#idle.push(opened)
      else begin(opened)
    }
    const failed = (thrown: unknown) => {
      if (!isGivenUp) poster.broke({ why: reason('post-broken', { why: meaningOf(thrown).text }) })
    }
    if (connection === undefined) this.#connect().then(connected, failed)
    else begin(connection)
    return () => {
      isGivenUp = true
      if (connection?.isFor(poster)) connection.destroy()
    }
  }

  /** Ends all connections. */
  close(): void {
    this.#closed.abort()
    for (const connection of this.#all) connection.destroy()
  }

  async #connect(): Promise<PostConnection> {
    const { signal } = this.#closed
    const socket = await this.#open(signal)
    if (signal.aborted) socket.destroy()
    signal.throwIfAborted()
    const connection = new PostConnection(
      socket,
      this.#who,
      this.#native,
      (freed) => this.#idle.push(freed),
      (gone) => this.#forget(gone),
    )
    this.#all.add(connection)
    return connection
  }

  #forget(connection: PostConnection): void {
    this.#all.delete(connection)
    const index = this.#idle.indexOf(connection)
    if (index >= 0) this.#idle.splice(index, 1)
  }
}
