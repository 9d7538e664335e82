import { describe, expect, it } from 'vitest'
import { POST_BYTES, SPACING } from '../../../../src/transports/http/session/limits.js'
import { Outbox } from '../../../../src/transports/http/session/outbox.js'
import { UpPosts } from '../../../../src/transports/http/session/up-posts.js'

describe('UpPosts', () => {
  it('sends a little at once if no post is under way, and gathers what follows', () => {
    const { add, posts } = made()
    add(100)
    expect(posts.next(0)).toEqual({ from: 0, to: 100 })
    add(100)
    expect(posts.next(0)).toBeUndefined()
    expect(posts.due).toBe(SPACING.least)
    add(100)
    expect(posts.next(SPACING.least)).toEqual({ from: 100, to: 300 })
  })

  it('does not wait with more than a little, nor once the post before is answered', () => {
    const { add, posts } = made()
    add(100)
    const first = posts.next(0)!
    add(posts.size)
    expect(posts.next(0)).toEqual({ from: 100, to: 100 + posts.size })
    const { add: addOther, posts: others } = made()
    addOther(100)
    others.done(others.next(0)!)
    addOther(1)
    expect(others.next(0)).toBeDefined()
    expect(first.to).toBe(100)
  })

  it('gathers a little for 4 ms while much comes down, and sends more than that at once', () => {
    const { add, posts } = made()
    posts.waits = true
    add(100)
    posts.done(posts.next(0)!)
    expect(posts.next(3)).toBeUndefined()
    expect(posts.due).toBe(4)
    posts.done(posts.next(4)!)
    add(POST_BYTES.enough)
    expect(posts.next(4)).toEqual({ from: 0, to: 100 + POST_BYTES.enough })
  })

  it('gathers twice as much for each post that is under way', () => {
    const { add, posts } = made()
    posts.size = POST_BYTES.most
    add(1)
    posts.next(0)
    for (const enough of [2, 4].map((times) => times * POST_BYTES.enough)) {
      add(enough - 1)
      expect(posts.next(0)).toBeUndefined()
      add(1)
      const { from, to } = posts.next(0)!
      expect(to - from).toBe(enough)
    }
  })

  it('doubles a post that was as large as may be, up to 256 KiB', () => {
    const { add, posts } = made()
    add(1_000_000)
    const sizes: number[] = []
    for (let times = 0; times < 4; times++) {
      const range = posts.next(0)!
      sizes.push(range.to - range.from)
      posts.done(range)
    }
    expect(sizes).toEqual([65_536, 131_072, 262_144, 262_144])
  })

  it('does not grow again beyond what was refused as too large', () => {
    const { add, posts } = made()
    add(1_000_000)
    const first = posts.next(0)!
    posts.broke(first, true)
    for (let times = 0; times < 4; times++) {
      const range = posts.next(0)!
      expect(range.to - range.from).toBe(POST_BYTES.first / 2)
      posts.done(range)
    }
  })
})

/** Posts of a session whose server takes whatever comes. */
function made() {
  const outbox = new Outbox()
  const posts = new UpPosts(outbox)
  posts.limit = 4
  posts.window = 10_000_000
  return { posts, add: (bytes: number) => outbox.add(new Uint8Array(bytes), 0) }
}
