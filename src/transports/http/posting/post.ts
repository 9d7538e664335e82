import type { Reason } from '../../../core/reasons/reason.js'
import type { HttpAnswer } from '../../proxy/http-head.js'

/** A post to be made. */
export interface Post {
  /** What it is made to: a path with its query, or the whole URL if a proxy is asked. */
  readonly target: string
  /** Its fields, by their names in lower case: each with its name as it is written, and its value. */
  readonly fields: ReadonlyMap<string, readonly [name: string, value: string]>
  readonly body: readonly Uint8Array[]
  /** Whether its answer goes on for long. */
  readonly lasts: boolean
}

/** Why a post came to nothing. */
export interface Lost {
  readonly why: Reason
  /** Whether the connection ended without a byte. */
  readonly wasClosed?: boolean
  /** Whether it had carried an answer before that, and may have been idle for too long. */
  readonly wasStale?: boolean
}

/** Who waits for an answer. */
export interface PostUser {
  /** The first of it came. */
  began(): void
  head(answer: HttpAnswer): void
  /** Part of the body, lent for the call. */
  body(bytes: Uint8Array): void
  /** All of it came. */
  ended(): void
  broke(lost: Lost): void
}

/** A connection by which posts are made: one after another, or many at a time. */
export interface PostCarrier {
  /** Makes a post. `unfit` is called in place of `user.broke` if the server may be fit for HTTP/1.1 alone. */
  post(post: Post, user: PostUser, unfit: (lost: Lost) => void): void
  /** Gives up the post that a user waits for, if it does, without a word to it. */
  giveUp(user: PostUser): void
  /** Ends it, without a word to those who wait. */
  destroy(): void
}
