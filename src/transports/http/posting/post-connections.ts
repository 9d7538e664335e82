import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { reason } from '../../../core/reasons/reason.js'
import { meaningOf } from '../../net/dial-error.js'
import type { NativeStreamParts } from '../../streams/native-stream-parts.js'
import type { Http2Connection } from './http2-connection.js'
import type { Lost, Post, PostCarrier, PostUser } from './post.js'
import { PostConnection } from './post-connection.js'

/** Who makes a post. */
export interface Poster extends PostUser {
  /** It is on its way, by a connection that is open. */
  sent(): void
}

/** What connections to one server are made of. */
export interface PostConnectionsParts {
  /** Opens one; `http2` if HTTP/2 is to be offered. */
  readonly open: (signal: AbortSignal, http2: boolean) => Promise<Socket>
  /** Who answers, in words. */
  readonly who: string
  /** Where what comes by HTTP/1.1 is read to; Node's own memory if absent. */
  readonly native: NativeStreamParts | undefined
  /** Whether HTTP/2 may be offered at all. */
  readonly http2: boolean
  /** HTTP/2 was chosen, and does not serve: it is not offered any more. */
  readonly unfit: () => void
}

/** A post that is being made. */
interface Made {
  readonly post: Post
  readonly poster: Poster
  /** By what it was made last. */
  carrier: PostCarrier | undefined
  isGivenUp: boolean
}

/**
 * The connections to one server. Of HTTP/1.1 as many as there were posts at one time, each used again once its answer is whole; Node's
 * own client makes a request and an answer with some twenty listeners for each post, and calls for each chunk of an answer. Of
 * HTTP/2 one, which is followed by another one as soon as a second answer is to go on for long, so that none gets
 * old: what ends connections at an age ends that answer before it ends posts.
 */
export class PostConnections {
  readonly #parts: PostConnectionsParts
  readonly #all = new Set<PostCarrier>()
  /** Those of HTTP/1.1 that are free. The one that was used last is used next: others may come to idle for too long. */
  readonly #idle: PostCarrier[] = []
  /** The one of HTTP/2. */
  #shared: Http2Connection | undefined
  /** Being opened last. */
  #connecting: Promise<PostCarrier> | undefined
  #offersHttp2: boolean
  /** Whether an answer came by HTTP/2. */
  #hasServed = false
  /** Whether HTTP/2 was chosen last. */
  #speaksHttp2 = false
  readonly #closed = new AbortController()

  constructor(parts: PostConnectionsParts) {
    this.#parts = parts
    this.#offersHttp2 = parts.http2
  }

  /** How many posts may be under way together at one connection; undefined if each has its own. */
  get together(): number | undefined {
    return this.#shared?.together
  }

  /** Makes a post. Returns the function that gives it up without a word. */
  post(post: Post, poster: Poster): () => void {
    const made: Made = { post, poster, carrier: undefined, isGivenUp: false }
    this.#make(made)
    return () => {
      made.isGivenUp = true
      made.carrier?.giveUp(poster)
    }
  }

  /** Ends all connections. */
  close(): void {
    this.#closed.abort()
    for (const carrier of this.#all) carrier.destroy()
  }

  #make(made: Made): void {
    const carrier = this.#free(made.post)
    if (carrier !== undefined) {
      this.#begin(made, carrier)
      return
    }
    const failed = (thrown: unknown) => {
      if (!made.isGivenUp) made.poster.broke(lostBy(thrown))
    }
    // Who made posts by one connection of HTTP/2 together, and lost it, waits for one other together.
    const awaited = this.#speaksHttp2 ? this.#connecting : undefined
    if (awaited !== undefined) {
      awaited.then(() => {
        if (!made.isGivenUp) this.#make(made)
      }, failed)
      return
    }
    this.#connect().then((opened) => {
      if (!made.isGivenUp) this.#begin(made, opened)
      else if (opened instanceof PostConnection) this.#idle.push(opened)
    }, failed)
  }

  #begin(made: Made, carrier: PostCarrier): void {
    const { post, poster } = made
    made.carrier = carrier
    carrier.post(post, poster, (lost) => this.#unfit(made, lost))
    poster.sent()
  }

  /** What the next post can be made by; undefined if that has to be opened first. */
  #free({ lasts }: Post): PostCarrier | undefined {
    const shared = this.#shared
    if (shared?.isOpen === true && !(lasts && shared.hasLasting)) return shared
    return this.#idle.pop()
  }

  /** A post came to nothing by a connection of HTTP/2 that never carried an answer: it is made once more, by HTTP/1.1. */
  #unfit(made: Made, lost: Lost): void {
    if (this.#hasServed) made.poster.broke(lost)
    else {
      this.#offerNoMore()
      this.#make(made)
    }
  }

  #offerNoMore(): void {
    if (this.#offersHttp2) this.#parts.unfit()
    this.#offersHttp2 = false
  }

  #connect(): Promise<PostCarrier> {
    const connecting = this.#open()
    this.#connecting = connecting
    const over = () => {
      if (this.#connecting === connecting) this.#connecting = undefined
    }
    connecting.then(over, over)
    return connecting
  }

  async #open(): Promise<PostCarrier> {
    const { native, open, who } = this.#parts
    const { signal } = this.#closed
    const socket = await open(signal, this.#offersHttp2)
    if (signal.aborted) socket.destroy()
    signal.throwIfAborted()
    this.#speaksHttp2 = socket instanceof TLSSocket && socket.alpnProtocol === 'h2'
    if (this.#speaksHttp2) return this.#share(socket)
    const gone = (carrier: PostConnection) => this.#forget(carrier)
    const connection = new PostConnection(socket, who, native, (freed) => this.#idle.push(freed), gone)
    this.#all.add(connection)
    return connection
  }

  /** What speaks HTTP/2 is loaded for those who choose it. */
  async #share(socket: Socket): Promise<PostCarrier> {
    const { who } = this.#parts
    const { Http2Connection } = await import('./http2-connection.js')
    if (this.#closed.signal.aborted) socket.destroy()
    this.#closed.signal.throwIfAborted()
    const connection = new Http2Connection(socket, who, (gone) => {
      this.#forget(gone)
      this.#hasServed ||= gone.hasServed
      if (gone.takesTooFew) this.#offerNoMore()
      if (this.#shared === gone) this.#shared = undefined
    })
    this.#all.add(connection)
    this.#hasServed ||= this.#shared?.hasServed === true
    this.#shared?.retire()
    this.#shared = connection
    return connection
  }

  #forget(carrier: PostCarrier): void {
    this.#all.delete(carrier)
    const index = this.#idle.indexOf(carrier)
    if (index >= 0) this.#idle.splice(index, 1)
  }
}

function lostBy(thrown: unknown): Lost {
  return { why: reason('post-broken', { why: meaningOf(thrown).text }) }
}
