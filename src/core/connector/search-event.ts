import type { ToldReason } from '../reasons/reason.js'

/** What happens in a search for an endpoint that answers. */
export type SearchEvent =
  /** A link is open that proves nothing yet. */
  | { readonly kind: 'opened' }
  /** An endpoint answers: the search is over. */
  | { readonly kind: 'found' }
  /** An endpoint does not answer, or cannot be dialled; it is tried again. */
  | { readonly kind: 'failed'; readonly endpoint: URL; readonly error: Error; readonly reason: ToldReason }
  /** An endpoint can never be dialled: it is tried no more. */
  | { readonly kind: 'given up'; readonly endpoint: URL; readonly error: Error; readonly reason: ToldReason }
  /**
   * All endpoints that can be tried failed; they are tried again after a pause, unless all are given up. Not told if that rejects
   * the start.
   */
  | { readonly kind: 'round over' }
  /** The peer is reached no longer; silent: nothing came for long, and its other endpoints are tried first. */
  | { readonly kind: 'lost'; readonly isSilent: boolean }
