/** Bytes that may be sent and not be acknowledged yet, one batch aside; they are kept, to be sent again. */
export const MAX_UNACKED = 1024 * 1024
/** Bytes that may be on their way however long they take. */
export const LEAST_UNACKED = 64 * 1024
/** Milliseconds after which a path counts as slow: what waits to be sent waits outside then, where it is dropped unsealed. */
export const SLOW = 500
/** Bytes that are kept of what comes before its turn. */
export const MAX_EARLY = 1024 * 1024
/** The same of a session that has proven nothing: a handshake takes 200. */
export const UNPROVEN_EARLY = 4 * 1024
/** What a piece that came early costs beyond its bytes. */
export const PIECE_COST = 128

/** Posts of data that are under way at a time: each by a connection of its own, and all by one. */
export const MAX_POSTS = 4
export const MAX_TOGETHER = 16
/**
 * Bytes of data in the body of a post: to begin with, twice as many each time that one as large was taken, halved by a refusal; and
 * from which on one does not wait for more, doubled by each that is under way.
 */
export const POST_BYTES = { first: 64 * 1024, most: 256 * 1024, least: 1024, enough: 32 * 1024 } as const
/** Milliseconds between posts with less than that, and their share of a round trip, so that they spread over it. */
export const SPACING = { least: 2, most: 20, share: 1 / 8 } as const
/** Bytes that came down after which they are acknowledged by a post of their own, if nothing else is to be sent. */
export const ACK_BYTES = 512 * 1024
/** Milliseconds after which they are anyhow. */
export const ACK_DELAY = 200
/**
 * Bytes that came down since the last post from which on more come at once, and the milliseconds that a post with a little waits for
 * then: what goes up beside them acknowledges packets within, and comes again and again.
 */
export const BULK = { bytes: 64 * 1024, spacing: 4 } as const
/** Requests for data that wait for it in poll mode. */
export const MAX_POLLS = 3
/** Bytes of data in one answer: to a request for data, to a post. */
export const ANSWER_BYTES = { down: 256 * 1024, up: 64 * 1024 } as const
/** Milliseconds that data waits for more of it, if no other request could bring that. */
export const GATHER = 2
/** Milliseconds that a request for data is held in poll mode. */
export const HOLD = 10_000
/** Milliseconds between the marks of a streamed answer. */
export const MARK = 1_000
/** What a streamed answer is ended after, and the client's next one asked for before. */
export const STREAM_END = { age: 25_000, bytes: 64 * 1024 * 1024 } as const
export const STREAM_RENEWAL = { age: 20_000, bytes: 56 * 1024 * 1024 } as const
/** Milliseconds without the first byte of a streamed answer after which something on the way keeps it back. */
export const BUFFERED = 2_000
/** Milliseconds without any byte after which a streamed answer is given up. */
export const SILENT = 5_000
/** Milliseconds after which any other exchange is given up. */
export const LATE = 15_000
/** Milliseconds after which streamed answers are tried again. */
export const TRIAL_EVERY = 600_000
/** Milliseconds without acknowledgement after which the server sends data again in poll mode. */
export const RESEND = 3_000
/** Milliseconds without an exchange after which a session is over. */
export const SESSION_LIFE = 30_000
/** Milliseconds until an exchange that broke is repeated: twice as long each time. */
export const BACKOFF = { first: 50, most: 2_000 } as const
/** Milliseconds that a server may have the client wait by Retry-After: if it says nothing, and at the most. */
export const RETRY_AFTER = { usual: 1_000, most: 20_000 } as const
